"""What a network sees: its maps layer by layer, what a covered patch costs it, which map looks at which."""
