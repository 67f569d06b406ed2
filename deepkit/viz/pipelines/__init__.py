"""How data reach a program: a queue's level over time with who works and who waits, bytes of a file, shuffled places."""
