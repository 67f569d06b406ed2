"""`tensorflow.python.client`: what this machine can compute on, and how long it took."""
