"""Sample videos: rendered first-person video with ground truth, for a first look and for tests.

    types       types of scripts, episodes, degradations and a frame's truth (light: no OpenCV, no PyAV)
    script      writing scripts: `sample_scripts(n, seed)`, `episode("idle", defocus_px=3)`, `single(…)`
    render      `render_video(script, video_path, truth_path)`, `render_frames(script)`, `render_truth(script)`
    truth       the truth file: format and writing
    quality     hidden quality and usefulness of a clip
    work        types of what an episode is meant to do, and of what it did     drawn_work   draws the former
    plan        a script's events, episode by episode; events: their type `Plan`
    tasks       place, stack, pour, open, wipe, made of the moves of `handling`, on the objects of `table_state`
    idling      rest, fumbling, looking away                poses, motion   key poses, minimum-jerk paths between them
    camera      head, gaze, homographies                    degrade  image degradations
    scene       one instant, drawn back to front            surface, items, mesh, hands, hand_shape, shadows, light
    live        scenes whose hands are driven; live_scripts chooses them       steering by what the picture shows
    seeds       random numbers by (seed, video, purpose)

Import from the modules: this file loads nothing, so that the app may read `types`, `work` and `script` without OpenCV.
"""
