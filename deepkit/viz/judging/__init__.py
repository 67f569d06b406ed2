"""Judgements drawn: yes or no by a threshold, and which class is taken for which."""
