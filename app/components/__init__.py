"""Pieces that several pages draw with. None of them reads the store by itself except through what it is given."""
