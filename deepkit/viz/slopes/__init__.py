"""Derivatives drawn: back-propagation through a typed formula, gradient descent on a curve, optimizers on a surface."""
