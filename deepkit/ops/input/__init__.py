"""How data comes into a graph: queues, readers, iterators, and records taken apart."""
