"""Preference: which pairs are asked, who answers them, and what the answers say.

settings        labelling.yaml
choosing        which pair comes next: the mix of strategies
pool            which clips labels are concentrated on
belief          what the answers so far say about these clips, and which pair would tell most
information     how much an answer would tell: D-optimal, BALD
design, linear  clips as rows of numbers, and the quick linear Bradley–Terry fit to them
bradley_terry   the model itself: likelihood, slopes, Newton's method
answers         answers as statistics see them
statistics      all of: agreement, habits, skill, outliers, progress
label_files     labels as CSV, in our convention and crowd-kit's
simulated       an annotator that answers from hidden quality; always marked as simulated
"""
