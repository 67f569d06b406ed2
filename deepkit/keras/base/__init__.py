"""What all layers stand on: a name, weights, a call that is checked and remembered, and the inputs a model begins with."""
