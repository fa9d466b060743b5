"""The Library page's parts.

search_bar   words, likeness, saved views
filters      the filter panel and its chips
table        the same clips as a table
charts       distributions, scatter plots, what a threshold would leave
map          the embeddings in two dimensions; with map_view.js, points.js
duplicates   groups of clips that show nearly the same
bulk         what is done to all clips of the view
clip_page    one clip: player, numbers, neighbours, its window
"""
