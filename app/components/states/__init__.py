"""The five states of anything on a page, one component each, alike everywhere.

empty    nothing here yet: what it is, and one action that leads on
loading  something is being read or counted, and the page waits for it
running  a job at work: its stage, its times, Cancel, and the way to Jobs
failed   what went wrong, with which file, the way out, and another try
refused  what was not begun at all and why, for a screen reader at once; it looks like failed
done     what came of something, in counts, and the next step
waiting  what a queued job waits for
box      what running, failed and done have in common: a line with its icon, title and actions
looks    the colour and the icon of each state
"""
