"""Export: a ranked list, cut clips, and a bundle that a colleague can open.

settings.py     the settings of an export: number, threshold, diversity
selection.py    which clips are exported, in order: top K, threshold, kept and dropped, near-duplicates, quota
names.py        file names that any file system takes
writers.py      CSV, Parquet, JSONL
bundle.py       the folder of cut clips: its manifest, checksums, and how it is read back
"""
