"""Parts of the Import and Videos pages.

folder_picker  choosing a folder of this machine
download_box   downloading from a data set: which videos, under which terms
bundle_box     the contents of a colleague's bundle, before it is imported
clip_choice    the clipping method and its numbers
cut_all        cutting many videos into clips, with a preview
video_wall     all videos: search, pages of posters, one click to open
video_view     one video: player with its clips, facts, making clips, moving and removing
"""
