"""Embedding models; the extractor is `engine/features/embedding.py`.

encoder     open_clip's models for pictures and text, and a small bundled network for use without CLIP
batcher     fills batches of a model across clips
fast_cpu    makes the bundled network faster on the CPU
clip_files  finds and downloads the weights of open_clip's models
"""
