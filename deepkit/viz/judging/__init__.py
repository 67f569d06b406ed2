"""Judgements drawn: yes or no by a threshold, three probabilities, and which class is taken for which."""
