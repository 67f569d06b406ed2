"""Operators and layers drawn by asking them: cards with curve, slope or weights, shapes that meet, a quiz about shapes."""
