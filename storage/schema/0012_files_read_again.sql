-- Earlier versions took the length, the beginning or the damage of some files of these kinds for another. They are looked
-- at again where their files are: a video whose first picture nobody knows is one that the second look takes up.
UPDATE video SET first_frame_s = NULL
WHERE container IN ('avi', 'asf', 'mpeg', 'h264', 'hevc', 'mpegvideo', 'm4v')
   OR (container = 'mxf' AND codec IN ('h264', 'hevc'))
   OR (container IN ('matroska', 'webm') AND first_frame_s <= 0)
   OR contains(header_damage, 'starts again');

-- Of these, frames themselves were taken at wrong times, or left out. What the second look alone can tell (Matroska before
-- zero, lengths) it says itself.
INSERT OR IGNORE INTO doubt
SELECT clip.clip_id, t.table_name[9:], 'earlier versions took frames of H.264 in MXF at wrong times'
FROM clip JOIN video USING (video_id), duckdb_tables() t
WHERE video.container = 'mxf' AND video.codec IN ('h264', 'hevc')
  AND starts_with(t.table_name, 'feature_') AND t.table_name NOT IN ('feature_failure', 'feature_composite');

INSERT OR IGNORE INTO doubt
SELECT clip.clip_id, t.table_name[9:],
    'earlier versions took frames of MPEG program streams at wrong times or left them out'
FROM clip JOIN video USING (video_id), duckdb_tables() t
WHERE video.container = 'mpeg' AND video.codec IN ('mpeg1video', 'mpeg2video')
  AND starts_with(t.table_name, 'feature_') AND t.table_name NOT IN ('feature_failure', 'feature_composite');
