"""How fast deepkit is beside TensorFlow and PyTorch: `cd tests/peers && python -m benchmark --help`."""
