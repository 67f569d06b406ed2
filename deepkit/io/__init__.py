"""Floor 3: files that other programs read and write, too: records of bytes, checkpoints, tensors by their names."""
