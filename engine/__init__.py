"""The engine: video, sources, features, preference, reward, validation, export, sample, and the worker.

Nothing here imports Streamlit or DuckDB or knows the workspace's layout; a test checks that.
"""
