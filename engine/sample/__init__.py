"""Sample videos: rendered first-person video with ground truth, for a first look and for tests.

    types       types of scripts, episodes, degradations and a frame's truth (light: no OpenCV, no PyAV)
    script      writing scripts: `sample_scripts(n, seed)`, `episode("idle", defocus_px=3)`, `single(…)`
    render      `render_video(script, video_path, truth_path)`, `render_frames(script)`, `render_truth(script)`
    truth       the truth file: format, reading, writing
    quality     hidden quality and usefulness of a clip
    plan        the events: moves, carries, glances         motion   minimum-jerk paths
    camera      head, gaze, homographies                    degrade  image degradations
    scene       one instant, drawn back to front            surface, items, mesh, hands, hand_shape, shadows, light
    live        scenes whose hands are driven               steering by what the picture shows
    seeds       random numbers by (seed, video, purpose)

Import from the modules: this file loads nothing, so that the app may read `types` and `script` without OpenCV.
"""
