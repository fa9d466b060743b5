"""Tables of clips with their features and of answered pairs: the input of training, scoring, labelling and validation.

types    ClipTable, PairTable
parquet  their Parquet form, in which workers get them, and the fingerprint of their content
vectors  the clips' embeddings in a file of their own, written and read in pieces
"""
