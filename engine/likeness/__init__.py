"""Similarity of clips by their embeddings.

near_duplicates   groups of near-duplicate clips
sketch            few numbers that bound how similar two vectors can be
cells             leaders by the cell they lie in, so that a clip is compared with few
comparison        clips compared with leaders
moments           clips of one video that show the same moment
projection        embeddings projected to two dimensions
"""
