"""A training loop with hooks that is stopped, goes on from its checkpoint, and reports on the way."""

import sys

import tensorflow as tf

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_integer("max_steps", 20, "steps in all")
seen = []


class Reporter(tf.train.SessionRunHook):
    def __init__(self, loss):
        self.loss = loss

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.loss)

    def after_run(self, run_context, run_values):
        seen.append(float(run_values.results))


def train(last_step):
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        loss = tf.reduce_mean(tf.square(tf.layers.dense(tf.random_normal([16, 4], seed=1), 1) - 1.0))
        train_op = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)
        hooks = [tf.train.StopAtStepHook(last_step=last_step), tf.train.NanTensorHook(loss), Reporter(loss)]
        with tf.train.MonitoredTrainingSession(checkpoint_dir="run", hooks=hooks) as sess:
            while not sess.should_stop():
                sess.run(train_op)


def main(argv):
    train(FLAGS.max_steps // 2)
    train(FLAGS.max_steps)
    assert len(seen) == FLAGS.max_steps
    assert seen[-1] < 0.5 * seen[0], seen
    assert tf.train.latest_checkpoint("run").endswith("model.ckpt-" + str(FLAGS.max_steps))
    print("done")


if __name__ == "__main__":
    tf.app.run(argv=sys.argv)
