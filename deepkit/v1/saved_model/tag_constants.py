"""`tf.saved_model.tag_constants`: usual tags, which say what a saved graph is for."""

__all__ = ["EVAL", "GPU", "SERVING", "TPU", "TRAINING"]

SERVING = "serve"
TRAINING = "train"
EVAL = "eval"
GPU = "gpu"
TPU = "tpu"
