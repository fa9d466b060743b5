"""The Label page's parts.

sitting_start  who labels, how many pairs, which clips
desk           a sitting under way, with its queue in the browser
pair_viewer    two clips side by side, one key an answer; with pair_player.js, pair_panel.js, answer_log.js
review         past labels: who said what, where people disagree, changing an answer
statistics     who said how much, how far it can be trusted, whether more labels are worth it
charts         their charts
files          labels from CSV files and into them
"""
