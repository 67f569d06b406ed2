"""The course's models, written with v1 and keras as a program of one's own would be."""
