"""Feature extraction: what is measured about a clip. Import the module that you need; this one loads nothing.

    base            Extractor, Accumulator, ClipResult, Column: what an extractor is
    registry        register, get, extractor_names, all_columns: which extractors there are
    settings        FeatureSettings: features.yaml, made of the extractors' own settings
    extract         extract_video(path, clips, extractors): one pass over a video for all clips and extractors

    sharpness, exposure, motion, hands, embedding: one extractor a file
    composite       the hand-weighted score over a table of features
    activity        active stretches of a video: windows for the `activity` clipping method

Below them: `hand/` (hand tracking, palm motion, their summary), `encoders/` (embedding models and their batches),
`smoothness` (SPARC, LDLJ), `camera_motion` (LK + RANSAC), `shared` (a cache of work that extractors share), `summary`
(statistics of a series). Everything except `extract` may be imported where nothing heavy may
load: cv2, mediapipe and torch are imported in the functions that use them.
"""
