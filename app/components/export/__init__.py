"""The Export & Sync page's parts.

export_choice  which clips, in which order and form, and the export itself
past_exports   what was exported before, and how far a running export is
sync_box       pushing to and pulling from a shared place
"""
