"""How jobs are shown, on their own page and on the pages that wait for them.

card          one job, with what can be done about it
tray          the small tray in the sidebar, on every page while something runs
run_watch     the run of a page's kind of job, or why the last one did not get to its end
leftover_box  what finished jobs left on disk, and the button that removes it
"""
