"""WebDataset tars, as training streams them and Handpicked's own export writes them; read in place, not unpacked.

source      WebDatasetSource: every tar below some paths, its video members as videos
samples     read_samples: members of one key together, as a sample
record      read_record: what a sample's json and txt say of its videos
"""
