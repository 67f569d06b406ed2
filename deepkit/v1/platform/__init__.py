"""Programs and their surroundings: flags, files, messages."""
