"""What neural networks are made of: activations, layers, losses, whole recurrent networks."""
