"""The namespaces that TensorFlow 1.13 added (`tf.math`, `tf.linalg`, ...): the same functions under tidier names."""
