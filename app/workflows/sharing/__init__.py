"""Sharing: what goes to colleagues and comes from them, as bundles and through a shared bucket.

offers         what this workspace has to offer: videos with their clips, cut clips, labels
bundle_out     makes a folder of cut clips a bundle: list, data, manifest, checksums
bundle_tables  the tables of a bundle, each read by one reader
bundle_in      what a bundle knows about its clips, brought into a workspace with other names for them
receive        files that come with what others know of them
sync           what goes to a shared bucket and what comes from it: only what is new
pull           what others offer and this workspace lacks, and how it is taken in
"""
