"""Parts of the Export & Sync page.

answer         what came of writing one: what was written, why not, or whether to make a folder
export_choice  the choice of clips, order and form, and the export itself
past_exports   the list of past exports, and the progress of a running one
sync_box       pushing to and pulling from a shared bucket
"""
