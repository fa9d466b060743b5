"""LeRobot v3.0: clips as episodes of a data set that LeRobot trains on and many tools read.

    exporter     Lerobot: the format itself
    options      what a person can choose, and what the selection settles
    layout       names of files, and the features (columns) that a data set of each action mode has
    part         what one clip contributes: its pictures at the common rate and size, and their numbers
    hand_motion  hands and pseudo-actions of a clip's frames, as arrays
    statistics   the ten statistics of each feature, gathered in one pass
    videos       joins clips into few files, without encoding again
    tables       rows of frames and episodes, rolled into files of limited size
    rewards      what the ranking says of each frame, and how much it weighs in training
    tasks        the texts of episodes
    assemble     puts all of it together
    about        the card's paragraphs
    check        holds a data set against all these rules; its parts are `declared`, `reading`, `ledger`,
                 `check_tables`, `check_videos`, `check_motion` and `check_ours`

Nothing here loads PyAV, cv2 or MediaPipe when it is imported.
"""

from __future__ import annotations

from engine.export.formats.lerobot.exporter import Lerobot

__all__ = ["Lerobot"]
