"""Networks that learn to say again what they were told: plain ones, what they are good for, and those that invent."""
