"""The Import and Videos pages' parts: how footage comes in and becomes clips.

folder_picker  choosing a folder of this machine
download_box   downloading from a data set: which videos, under which terms
bundle_box     what is in a colleague's bundle, before it is taken in
clip_choice    how videos become clips: the method and the numbers that matter for it
cut_all        making clips of many videos at once, with what would come of it shown first
video_wall     all videos: search, pages of posters, one click to open
video_view     one video: player with its clips, facts, making clips, moving and removing
"""
