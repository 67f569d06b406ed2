"""What authors of exercises need: the words of a hidden test, the cut from source to release, a review, a beginning."""
