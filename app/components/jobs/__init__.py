"""Components that show jobs, on the Jobs page and on pages that wait for one.

card          one job with its progress, history and buttons
tray          the small tray in the sidebar, on every page, and messages about jobs that have just ended
news          which jobs ended since a person looked
run_watch     the running job of a page, or why its last one did not finish
clean_up      the button that deletes the files of finished jobs
"""
