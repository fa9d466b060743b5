"""The Label page's parts.

sitting_start  who labels, how many pairs, which clips
desk           a sitting under way, with its queue in the browser
pair_viewer    two clips side by side, one key an answer; its script is in several files:
               pair_queue (which pair comes), pair_layers (which are loaded), pair_player and laps (how two clips play
               together), pair_panel and pace (what is around them), answer_log and tab_name (nothing is lost),
               sitting_clock (how long answers take), viewer_keys, sitting_data (what Python sends)
review         past labels: who said what, where people disagree, changing an answer
statistics     who said how much, how far it can be trusted, whether more labels are worth it
charts         their charts
files          labels from CSV files and into them
"""
