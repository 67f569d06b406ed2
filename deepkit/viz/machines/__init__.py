"""Several workers that train one model: what each does over time, how old its weights are, and what that costs."""
