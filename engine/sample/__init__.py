"""Sample videos: first-person clips rendered with known truth, for a first look and for honest tests.

    types       what a script, an episode, a degradation and a frame's truth are (light: no OpenCV, no PyAV)
    script      writing scripts: `sample_scripts(n, seed)`, `episode("idle", defocus_px=3)`, `single(…)`
    render      `render_video(script, video_path, truth_path)`, `render_frames(script)`, `render_truth(script)`
    truth       the truth file: format, reading, writing
    quality     hidden quality and usefulness of a clip
    plan        what happens: moves, carries, glances       motion   minimum-jerk paths
    camera      head, gaze, homographies                    degrade  what spoils the picture
    scene       one instant, drawn back to front            surface, items, mesh, hands, hand_shape, shadows, light
    seeds       random numbers by (seed, video, purpose)

Import from the modules: this file loads nothing, so that the app may read `types` and `script` without OpenCV.
"""
