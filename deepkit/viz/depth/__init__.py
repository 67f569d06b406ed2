"""What many layers do to numbers: how far they spread on the way up, and the slopes on the way down."""
