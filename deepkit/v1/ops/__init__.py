"""The functions of `tf`, by topic: each one a function of the op families, made to build graph nodes."""
