"""Keras layers on TensorFlow's tensors: one session, TensorFlow's optimizer, Keras' losses and phase."""

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.backend.tensorflow_backend import set_session
from keras.layers import BatchNormalization, Dense, Dropout
from keras.metrics import categorical_accuracy
from keras.models import Sequential
from keras.objectives import categorical_crossentropy

sess = tf.Session()
set_session(sess)
image, labels = tf.placeholder(tf.float32, (None, 20)), tf.placeholder(tf.float32, (None, 3))
x = Dropout(0.5)(Dense(32, activation="relu", name="first")(image))
predictions = Dense(3, activation="softmax", name="last")(BatchNormalization()(x))
assert predictions.op.name == "last/Softmax", predictions.op.name
loss = tf.reduce_mean(categorical_crossentropy(labels, predictions))
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
sess.run(tf.global_variables_initializer())
rng = np.random.RandomState(0)
data = rng.randn(64, 20)
feed = {image: data, labels: np.eye(3)[data[:, :3].argmax(1)]}
accuracy = tf.reduce_mean(categorical_accuracy(labels, predictions))
with sess.as_default():
    first = loss.eval({**feed, K.learning_phase(): 0})
    for _ in range(30):
        train.run({**feed, K.learning_phase(): 1})
    assert loss.eval({**feed, K.learning_phase(): 1}) != loss.eval({**feed, K.learning_phase(): 1})  # dropout
    assert accuracy.eval({**feed, K.learning_phase(): 0}) > 0.6
    saver = tf.train.Saver()
    path = saver.save(sess, "both/model.ckpt")
    kept = sess.run(predictions, feed)
    sess.run(tf.global_variables_initializer())
    saver.restore(sess, path)
    assert np.allclose(sess.run(predictions, feed), kept)
model = tf.keras.models.Sequential([tf.keras.layers.Dense(3, activation=tf.nn.softmax, input_shape=(20,))])
model.compile(optimizer=tf.train.AdamOptimizer(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(data, data[:, :3].argmax(1), epochs=10, verbose=0)
assert model.evaluate(data, data[:, :3].argmax(1), verbose=0)[1] > 0.8
assert isinstance(model, Sequential)
print("done")
