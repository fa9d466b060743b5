"""Preference: who answers pairs, and what the answers say.

simulated   an annotator that answers from hidden quality; always marked as simulated
"""
