"""What happens along a sequence: what a network knows after each step, and what of a slope comes back to it."""
