"""What TensorBoard shows, as ops."""
