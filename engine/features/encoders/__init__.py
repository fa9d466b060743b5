"""Embedding models; the extractor is `engine/features/embedding.py`.

encoder     open_clip's models for pictures and text, and the small bundled network for where there is no CLIP
batcher     fills batches of a model across clips
clip_files  where the weights of open_clip's models lie, and how they are fetched
"""
