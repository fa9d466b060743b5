"""Hand tracking and hand features of a clip; the extractor is `engine/features/hands.py`.

tracks      links detections into tracks from frame to frame
palm_paths  palm motion with camera motion removed, in palm lengths
summary     the features of the extractor `hands`
"""
