"""Statistics used by several parts of the engine, one function for each, so that all pages agree.

correlation     ranks with ties, Spearman's ρ, Pearson's r
pieces          whether answers connect all clips
interval        a number with its bootstrap interval
resampling      bootstrap over sources, permutations, split-half reliability
pair_metrics    how well answers about pairs are predicted, with resamplings
finite          numbers that could not be computed, as JSON takes them
"""
