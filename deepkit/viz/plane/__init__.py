"""Networks on the plane: neurons and layers drawn, boundaries among points, the fold in hidden space, a playground."""
