"""What a training leaves on the disk: a program that is killed and goes on, a checkpoint as a map, TensorBoard in a frame."""
