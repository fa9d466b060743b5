"""Parts of the Export & Sync page.

answer         what came of writing one: what was written, why not, or whether to make a folder
export_choice  the choice of clips and their order, and the list that comes of it
writing        the choice of form and places, and the export itself
format_fields  the formats of other tools, with a field for each option
past_exports   the list of past exports, and the progress of a running one
sync_box       pushing to and pulling from a shared bucket
"""
