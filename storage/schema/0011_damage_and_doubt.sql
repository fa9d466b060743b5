-- What is wrong with a video that can be used all the same: cut short, damaged in places. Empty where nothing is known.
-- What the file says of itself, and what the decoder met when it last met damage.
ALTER TABLE video ADD COLUMN header_damage TEXT DEFAULT '';
ALTER TABLE video ADD COLUMN read_damage TEXT DEFAULT '';

-- Numbers that an earlier version got wrong although neither an extractor nor its settings changed: they count as not
-- measured until they are measured again.
CREATE TABLE doubt (
    clip_id   TEXT NOT NULL,
    extractor TEXT NOT NULL,
    reason    TEXT NOT NULL,                 -- completes "... are measured again: "
    PRIMARY KEY (clip_id, extractor)
);

-- Frames of H.264 and HEVC in these containers were read at times that step back.
INSERT INTO doubt
SELECT clip.clip_id, t.table_name[9:], 'earlier versions took frames of H.264 in AVI, ASF and bare files at wrong times'
FROM clip JOIN video USING (video_id), duckdb_tables() t
WHERE video.container IN ('avi', 'asf', 'mpeg', 'h264', 'hevc') AND video.codec IN ('h264', 'hevc')
  AND starts_with(t.table_name, 'feature_') AND t.table_name NOT IN ('feature_failure', 'feature_composite');

-- Pictures of WebM and Matroska that begin before zero were taken up to seconds off. Where nobody looked yet when the
-- first picture comes, the second look says it.
INSERT INTO doubt
SELECT clip.clip_id, t.table_name[9:],
    'earlier versions took pictures of WebM and Matroska that begin before zero at wrong times'
FROM clip JOIN video USING (video_id), duckdb_tables() t
WHERE video.container IN ('webm', 'matroska') AND video.first_frame_s < 0
  AND starts_with(t.table_name, 'feature_') AND t.table_name NOT IN ('feature_failure', 'feature_composite');
