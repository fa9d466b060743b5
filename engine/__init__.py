"""The work itself: video, sources, features, preference, reward, validation, export, sample, and the worker.

Nothing here knows Streamlit, DuckDB or the workspace's layout; a test holds that.
"""
