"""Similarity of clips by their embeddings.

near_duplicates   groups of near-duplicate clips
projection        embeddings projected to two dimensions
"""
