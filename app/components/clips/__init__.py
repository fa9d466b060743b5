"""Components that show clips and videos: thumbnail walls, players, charts of one clip.

wall             pages of thumbnails: hover to scrub, keys to decide; with wall_state.js, scrub.js, tag_line.js
player           one clip, or a pair of clips, to watch
features         a clip's numbers among those of all clips
hand_overlay     tracked hands drawn over the picture
motion_chart     motion over time
video_marker     a whole video, with marks for what is cut from it; with timeline.js, hands.js
unplayable       why a video can't be played yet, with the progress of its preview
library_address  the Library's view in the page's address: a reload or a bookmark shows the same clips
"""
