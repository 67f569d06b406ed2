"""How examples reach a graph: queues, readers, and `tf.train.batch`'s pipelines of both."""
