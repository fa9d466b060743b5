"""What Handpicked measures about a clip. Import the module that you need; this one loads nothing.

    base            Extractor, Accumulator, ClipResult, Column: what an extractor is
    registry        register, get, extractor_names, all_columns: which extractors there are
    settings        FeatureSettings: features.yaml, made of the extractors' own settings
    extract         extract_video(path, clips, extractors): one pass over a video for all clips and extractors

    sharpness, exposure, motion, hands, embedding: one extractor a file
    composite       the hand-weighted score over a table of features
    activity        where in a video something happens: windows for the `activity` clipping method

Below them: `hand/` (which hand is which from frame to frame, how palms move, what it comes to), `encoders/` (embedding
models and their batches), `smoothness` (SPARC, LDLJ), `camera_motion` (LK + RANSAC), `shared` (what two extractors
compute once), `summary` (numbers of a series). Everything except `extract` may be imported where nothing heavy may
load: cv2, mediapipe and torch are imported in the functions that use them.
"""
