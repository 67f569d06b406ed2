"""How the streaming metrics of `tf.metrics` work."""
