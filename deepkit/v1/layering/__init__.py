"""How the layers of `tf.layers` work: one file per family."""
