"""One clip large, between its neighbours in the view: steps, keeps, drops and tags without waiting for the app.

loupe     the component; with loupe.js, which brings together (all JavaScript):
          loupe_state    which clip is shown, and what was decided about it, as far as the browser knows
          loupe_players  the players of the clip and of those beside it, loaded before they are asked for
          loupe_head     the way back, the clip's words, and its place in the view
          loupe_strip    the neighbours' pictures below the clip
          loupe_bar      the buttons and the line that shows how far the clip has played
"""
