"""From hands found in single frames to the numbers of a clip; the extractor is `engine/features/hands.py`.

tracks      which hand is which from frame to frame
palm_paths  how palms move when the camera's motion is taken out, in palm lengths
summary     the numbers of the extractor `hands`
"""
