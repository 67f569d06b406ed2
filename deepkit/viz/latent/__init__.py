"""What a code of few numbers holds: the plane of two of them as pictures, ways between drawings, drawings with a hole."""
