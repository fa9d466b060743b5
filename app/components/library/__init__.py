"""Parts of the Library page.

search_bar   search by words or likeness, order, saved views
filters      the filter panel and its chips
table        the same clips as a table
charts       distributions, scatter plots, effect of a threshold
map          map of the embeddings in two dimensions; with map_view.js, points.js
duplicates   groups of near-duplicate clips
bulk         actions on all clips of the view
clip_page    one clip: player, numbers, similar clips, changing its window
"""
