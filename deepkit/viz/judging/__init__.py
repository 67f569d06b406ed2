"""Judgements drawn: by a threshold, by three probabilities, which class is taken for which, and what a majority is worth."""
