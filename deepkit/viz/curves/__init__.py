"""Numbers along an axis: curves of one or many runs, live curves while something trains, histograms, decimal decades."""
