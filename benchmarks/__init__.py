"""Measured claims: each file is one command (`python -m benchmarks.reader`), and `make bench` runs them all.

Each compares two sides in one run on the same machine and prints their ratio, which other machines reproduce.
"""
