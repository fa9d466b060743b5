"""The Library's wall: all clips of a view, of which only those near the window are on the page.

view_wall    the component; with view_wall.js and whole_wall.js, which bring together (all JavaScript):
             wall_grid      where each card stands
             wall_window    what scrolls the wall, and what covers its edges
             wall_drawing   the cards that are on the page
             blocks, feed   their data, fetched from `app/wall_feed.py` a block at a time
             selection      which places are selected
             wall_hands     what a person does; wall_keys and selection_bar are how
             wall_map       what it and the map beside it say to one another
             wall_memory    where somebody was in a view, for coming back
size_slider  how large the cards are, in the Library's head; with size.js
selected     what the bar does beside tagging: label, compare, export, measure, show only these
"""
