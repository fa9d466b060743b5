"""Hand tracking and hand features of a clip; the extractor is `engine/features/hands.py`.

finder      finds the hands in a clip's frames: MediaPipe's landmarker, or what takes its place
batched/    the same landmarker in torch, many frames and clips at once
resting     which frames are looked at: every second one while no hand is in view
clip_hands  the frames of one clip, from hands to features
tracks      links detections into tracks from frame to frame
palm_paths  palm motion with camera motion removed, in palm lengths
summary     the features of the extractor `hands`
"""
