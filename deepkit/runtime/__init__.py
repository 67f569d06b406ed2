"""Floor 3: from a graph to numbers: plans and the sessions that run them."""
