"""How marks are told: as text, JSON, CSV and web pages, with the hints they deserve."""
