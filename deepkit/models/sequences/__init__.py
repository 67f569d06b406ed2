"""Models of sequences: networks that read one step after the other and remember."""
