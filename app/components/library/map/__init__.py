"""The map of embeddings: clips that look alike lie near one another, beside the wall or in its place.

clip_map   the component, and the button that puts it beside the wall; with map.js and clip_map.js, which bring
           together (all JavaScript):
           map_source   its points and colours, fetched from `app/map_feed.py`
           map_data     what is known of each point
           map_view, points   where they are on the screen, which are near, which inside a lasso
           map_painter  draws them
           map_hands    what a person does, by mouse and by keys
           map_words    head, legend, what is pointed at, and the same in words and as a table
map_button the button in the Library's head, and its key
"""
