CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL);

-- Videos: source recordings, never modified. Times are presentation seconds from the first frame shown.
CREATE TABLE video (
    video_id         TEXT PRIMARY KEY,
    name             TEXT NOT NULL,          -- the file's stem: what people call it
    name_key         TEXT NOT NULL,          -- the same folded, as annotations are matched to it
    path             TEXT NOT NULL,
    source           TEXT NOT NULL,          -- folder, epic, ego4d, gopro, sample
    sha256           TEXT NOT NULL UNIQUE,
    size_bytes       BIGINT NOT NULL,
    duration_s       DOUBLE NOT NULL,
    fps              DOUBLE NOT NULL,
    width            INTEGER NOT NULL,       -- after rotation
    height           INTEGER NOT NULL,
    codec            TEXT NOT NULL,
    pix_fmt          TEXT NOT NULL,
    container        TEXT NOT NULL,
    rotation_deg     INTEGER NOT NULL,
    has_audio        BOOLEAN NOT NULL,
    has_telemetry    BOOLEAN NOT NULL,
    variable_rate    BOOLEAN NOT NULL,
    browser_playable BOOLEAN NOT NULL,
    recorded_at      TIMESTAMPTZ,
    recording_id     TEXT,                   -- chapters of one GoPro recording share it
    chapter          INTEGER,
    imported_at      TIMESTAMPTZ NOT NULL
);

-- What an annotation file says about a stretch of a video, whether or not the video is here yet.
CREATE TABLE segment (
    segment_id  TEXT PRIMARY KEY,            -- a digest of what it says: reading a file twice adds nothing
    source      TEXT NOT NULL,
    video_name  TEXT NOT NULL,
    name_key    TEXT NOT NULL,
    start_s     DOUBLE NOT NULL,
    end_s       DOUBLE NOT NULL,
    narration   TEXT,
    verb        TEXT,
    noun        TEXT,
    participant TEXT,
    file        TEXT NOT NULL,
    row_number  BIGINT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);

-- Clips: half-open windows [start_s, end_s) of a video.
CREATE TABLE clip (
    clip_id    TEXT PRIMARY KEY,
    video_id   TEXT NOT NULL,
    start_s    DOUBLE NOT NULL,
    end_s      DOUBLE NOT NULL,
    origin     TEXT NOT NULL,                -- annotations, stride, shots, activity, whole, manual
    narration  TEXT,
    verb       TEXT,
    noun       TEXT,
    segment_id TEXT,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE clip_tag (
    clip_id    TEXT NOT NULL,
    tag        TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (clip_id, tag)
);

-- Files in the media folder that were made from videos and clips.
CREATE TABLE media (
    subject_id TEXT NOT NULL,                -- a clip_id or a video_id
    kind       TEXT NOT NULL,                -- thumbnail, sprite, poster, preview
    file       TEXT NOT NULL,                -- below the media folder
    details    JSON,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subject_id, kind)
);

-- Jobs. What happened is only ever appended; the views say what that comes to.
CREATE SEQUENCE job_sequence;
CREATE SEQUENCE job_event_sequence;
CREATE SEQUENCE job_item_sequence;

CREATE TABLE job_definition (
    job_id     INTEGER PRIMARY KEY DEFAULT nextval('job_sequence'),
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL,
    total      BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE job_event (
    event_id BIGINT DEFAULT nextval('job_event_sequence'),
    job_id   INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    level    TEXT NOT NULL,                  -- state, note, warning
    state    TEXT,                           -- of level 'state': queued, running, cancelling, cancelled, done, failed, interrupted
    message  TEXT NOT NULL
);

CREATE TABLE job_item (
    entry_id BIGINT DEFAULT nextval('job_item_sequence'),
    job_id   INTEGER NOT NULL,
    item     TEXT NOT NULL,
    outcome  TEXT NOT NULL,                  -- done, skipped, failed, or cleared (to be tried again)
    message  TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE job_shard (
    job_id INTEGER NOT NULL,
    shard  TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (job_id, shard)
);

CREATE VIEW job_item_latest AS
SELECT job_id, item, arg_max(outcome, entry_id) AS outcome, arg_max(message, entry_id) AS message, max(created_at) AS created_at
FROM job_item GROUP BY job_id, item;

CREATE VIEW job AS
WITH states AS (
    SELECT job_id,
           arg_max(state, event_id) AS state,
           arg_max(message, event_id) AS message,
           min(created_at) FILTER (state = 'running') AS started_at,
           arg_max(created_at, event_id) AS changed_at
    FROM job_event WHERE level = 'state' GROUP BY job_id
), counts AS (
    SELECT job_id,
           count(*) FILTER (outcome IN ('done', 'skipped')) AS done,
           count(*) FILTER (outcome = 'skipped') AS skipped,
           count(*) FILTER (outcome = 'failed') AS failed
    FROM job_item_latest GROUP BY job_id
)
SELECT d.job_id, d.kind, d.title, s.state, coalesce(c.done, 0) AS done, d.total, coalesce(c.failed, 0) AS failed,
       coalesce(c.skipped, 0) AS skipped, d.created_at, s.started_at,
       CASE WHEN s.state IN ('done', 'failed', 'cancelled', 'interrupted') THEN s.changed_at END AS ended_at,
       s.message
FROM job_definition d JOIN states s USING (job_id) LEFT JOIN counts c USING (job_id);

CREATE VIEW job_failure AS
SELECT job_id, item, message AS error, created_at FROM job_item_latest WHERE outcome = 'failed';
