"""Everything about video files. Import the module that you need; this one loads nothing.

    windows     Window: a half-open stretch of time
    types       VideoInfo, FrameRequest, ClipRequest, Sample, ClipEnd, ReadStats, Sprite

    probe       probe(path) -> VideoInfo, looks_like_video(path)
    reader      read(path, clips): one forward pass for any number of clips and consumers
    cut         cut(path, window, out_path): a frame-accurate H.264 clip
    constant_rate  encode_at_rate(path, window, out_path, encoding): a clip at one rate and size, to be joined
    preview     make_preview(path, out_path): a copy that browsers play
    thumbnail   make_thumbnail, make_sprite, make_thumbnails: JPEGs for walls and hover-scrub
    shots       find_shots(path): shot boundaries
    timecode    read_timing(path): rate, start timecode, and which frames a window holds

Below them: `container` opens files, `clock` says when their frames are shown, `length` and `packets` how long they last
(`asf` where only an ASF's header says it), `decoder` walks their frames, `leave_out` spares it those that nobody wants,
`damage` notes what could not be shown as it was recorded, `convert` turns frames into arrays, `schedule` knows which
frame is wanted next, `writer` writes H.264.
Only `windows`, `types` and `timecode` load without PyAV and OpenCV.
"""
