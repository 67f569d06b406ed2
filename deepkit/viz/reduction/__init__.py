"""Many features on a page: axes through points, maps of examples, images at their places, and sums of components."""
