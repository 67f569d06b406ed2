"""Floor 0: arrays, data types, random streams and kernels; knows nothing of tensors."""
