"""Clips with their features and answered pairs as tables: what training, scoring, labelling and validation work on.

types    ClipTable, PairTable
parquet  how they travel to a worker and back, and the fingerprint of what they hold
"""
