"""Formats of other tools that an export can be written in, one module or folder each.

base.py      what a format is: its options, what each clip contributes, how the data set is put together
registry.py  the formats by name, those of installed packages too
card.py      the card (README.md) that every data set carries
"""
