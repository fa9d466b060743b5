"""Preference: which pairs are asked, who answers them, and what the answers say.

settings    labelling.yaml
choosing    which pair comes next
simulated   an annotator that answers from hidden quality; always marked as simulated
"""
