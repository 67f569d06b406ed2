"""`tf.saved_model.tag_constants`: usual tags, which say what a saved graph is for."""

SERVING = "serve"
TRAINING = "train"
EVAL = "eval"
GPU = "gpu"
TPU = "tpu"
