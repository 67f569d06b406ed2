"""Numbers wait in a queue until its input ends; a Supervisor trains, saves, and a second one goes on."""

import tensorflow as tf


def run():
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        (x,) = tf.train.slice_input_producer([tf.constant([1.0, 2.0, 3.0, 4.0])], num_epochs=25, shuffle=False)
        batch = tf.train.batch([x], batch_size=10)
        w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
        step = tf.Variable(0, name="global_step", trainable=False)
        loss = tf.reduce_mean(tf.square(w * batch - 3.0 * batch))
        train = tf.train.GradientDescentOptimizer(0.01).minimize(loss, global_step=step)
        sv = tf.train.Supervisor(logdir="sv", saver=tf.train.Saver(), summary_op=None)
        with sv.managed_session() as sess:
            while not sv.should_stop():
                sess.run(train)
                at, value = sess.run([step, w])
                if at % 10 == 0:
                    sv.saver.save(sess, sv.save_path, global_step=step)
    return at, value


steps, first = run()
more, second = run()
assert (steps, more) == (10, 20), (steps, more)
assert abs(second - 3.0) < abs(first - 3.0) < 3.0, (first, second)
print("done")
