"""Preference: which pairs are asked, answers and annotators, and what can be inferred from answers.

settings        labelling.yaml
choosing        which pair comes next: the mix of strategies
pool            which clips labels are concentrated on
belief          the posterior over clip rewards given the answers so far, and the most informative pair
information     expected information of an answer: D-optimal, BALD
design, linear  the design matrix of clips, and the fast linear Bradley–Terry fit on it
bradley_terry   the model itself: likelihood, gradient, Newton's method
answers         types of questions and answers
statistics      all statistics: agreement, habits, skill, outliers, progress
label_files     labels as CSV, in our convention and crowd-kit's
simulated       an annotator that answers from hidden quality; always marked as simulated
"""
