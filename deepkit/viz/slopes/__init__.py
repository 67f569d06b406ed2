"""Derivatives drawn: back-propagation through a formula that is typed, and gradient descent on a curve."""
