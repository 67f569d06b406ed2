"""`tf.saved_model.constants`: the names of the files and folders of a saved model, as deepkit writes it."""

__all__ = ["ASSETS_DIRECTORY", "SAVED_MODEL_FILENAME", "VARIABLES_DIRECTORY", "VARIABLES_FILENAME"]

SAVED_MODEL_FILENAME = "saved_model.meta"
VARIABLES_DIRECTORY = "variables"
VARIABLES_FILENAME = "variables"
ASSETS_DIRECTORY = "assets"
