"""Operators drawn by asking them: cards with curve and slope, shapes that meet, a quiz about shapes."""
