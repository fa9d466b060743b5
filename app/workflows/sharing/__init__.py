"""Shares videos, clips and labels with colleagues, as bundles and through a shared S3 bucket.

offers         lists what this workspace can share: videos with their clips, cut clips, labels
bundle_out     writes a bundle: the list, data, manifest and checksums beside the cut clips
bundle_tables  reads and validates the tables of a bundle
bundle_in      imports a bundle's data about its clips, under the ids that they have here
receive        imports files that come with clips, tags and data from others
sync           pushes to and pulls from a shared bucket: only new content
pull           plans and imports what others share and this workspace lacks
"""
