"""What embeddings say about clips together.

near_duplicates   groups of clips that show nearly the same
projection        all clips as points in two dimensions
"""
