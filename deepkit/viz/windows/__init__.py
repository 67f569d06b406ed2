"""Windows that slide over an image: convolution and pooling drawn, and explored."""
