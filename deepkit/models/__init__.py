"""The course's models, written with the faces of the library as a program of one's own would be."""
