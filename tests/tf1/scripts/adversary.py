"""A generator and a discriminator with batch normalization, each trained by its own variables alone."""

import numpy as np
import tensorflow as tf


def generator(z, training):
    with tf.variable_scope("generator"):
        h = tf.reshape(tf.layers.dense(z, 4 * 4 * 4), [-1, 4, 4, 4])
        h = tf.nn.relu(tf.layers.batch_normalization(h, training=training))
        return tf.tanh(tf.layers.conv2d_transpose(h, 1, [5, 5], strides=(2, 2), padding="SAME"))


def discriminator(image, reuse=False):
    with tf.variable_scope("discriminator") as scope:
        if reuse:
            scope.reuse_variables()
        h = tf.layers.conv2d(image, 4, 3, 2, padding="SAME")
        return tf.layers.dense(tf.contrib.layers.flatten(tf.maximum(h, 0.2 * h)), 1)


z, real, training = (
    tf.placeholder(tf.float32, [None, 6]),
    tf.placeholder(tf.float32, [None, 8, 8, 1]),
    tf.placeholder(tf.bool),
)
fake = generator(z, training)
d_real, d_fake = discriminator(real), discriminator(fake, reuse=True)
entropy = tf.nn.sigmoid_cross_entropy_with_logits
d_loss = tf.reduce_mean(
    entropy(logits=d_real, labels=tf.ones_like(d_real)) + entropy(logits=d_fake, labels=tf.zeros_like(d_fake))
)
g_loss = tf.reduce_mean(entropy(logits=d_fake, labels=tf.ones_like(d_fake)))
d_vars = [v for v in tf.trainable_variables() if v.name.startswith("discriminator")]
g_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="generator")
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    d_train = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(d_loss, var_list=d_vars)
    g_train = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(g_loss, var_list=g_vars)
rng = np.random.RandomState(0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {z: rng.randn(8, 6), real: rng.rand(8, 8, 8, 1), training: True}
    frozen, start = sess.run([g_vars[0], d_loss], feed)
    for _ in range(20):
        sess.run(d_train, feed)
    assert (sess.run(g_vars[0]) == frozen).all()
    assert sess.run(d_loss, feed) < start
    sess.run(g_train, feed)
    assert (sess.run(g_vars[0]) != frozen).any()
print("done")
