"""Parts of the Label page.

sitting_start  starting a sitting: annotator, number of pairs, clips
desk           a running sitting, with its queue in the browser; stage.css gives it the window
pair_viewer    two clips, one key an answer; its script is in several files:
               pair_queue (which pair comes), pair_layers (which are loaded), pair_player and laps (how two clips play
               together), arrangement and backdrop (how they stand, and what fills their boxes), pair_panel,
               viewer_buttons, key_sheet, end_card and pace (what is around them), answer_log and tab_name (nothing is
               lost), sitting_clock (how long answers take), viewer_keys, sitting_data (what Python sends)
answered_pair  an answered pair to watch, and to answer again
review         past labels: filter by annotator or disagreement, change an answer
statistics     counts and agreement of annotators, and the worth of more labels
charts         charts of the statistics
files          import and export of labels as CSV
"""
