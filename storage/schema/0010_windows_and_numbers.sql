-- Windows and numbers that can be ones, whatever way they came: a table refuses what its reader let through. DuckDB adds
-- no CHECK to a table that is there, so each is made anew. What doesn't fit is set aside, whole; the Overview says how much.
CREATE TABLE set_aside (
    what       TEXT NOT NULL,                -- the table that it was in
    subject_id TEXT NOT NULL,                -- the clip that it spoke of
    reason     TEXT NOT NULL,
    said       JSON NOT NULL,                -- the whole row
    created_at TIMESTAMPTZ NOT NULL
);

INSERT INTO set_aside
SELECT 'clip', clip_id, 'its window can''t be one of a video', to_json(clip)::JSON, now() FROM clip
WHERE NOT (isfinite(start_s) AND isfinite(end_s) AND start_s >= 0 AND end_s <= 1000000 AND end_s > start_s);

CREATE TABLE clip_checked (
    clip_id    TEXT PRIMARY KEY,
    video_id   TEXT NOT NULL,
    start_s    DOUBLE NOT NULL CHECK (isfinite(start_s) AND start_s >= 0),
    end_s      DOUBLE NOT NULL CHECK (isfinite(end_s) AND end_s <= 1000000),
    origin     TEXT NOT NULL,                -- annotations, stride, shots, activity, whole, manual
    narration  TEXT,
    verb       TEXT,
    noun       TEXT,
    segment_id TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (end_s > start_s)
);
INSERT INTO clip_checked BY NAME SELECT * FROM clip
WHERE isfinite(start_s) AND isfinite(end_s) AND start_s >= 0 AND end_s <= 1000000 AND end_s > start_s;
DELETE FROM clip_tag WHERE clip_id IN (SELECT subject_id FROM set_aside WHERE what = 'clip');
DELETE FROM media WHERE subject_id IN (SELECT subject_id FROM set_aside WHERE what = 'clip');
DROP TABLE clip;
ALTER TABLE clip_checked RENAME TO clip;

INSERT INTO set_aside
SELECT 'reward_score', clip_id, 'its score is no number', to_json(reward_score)::JSON, now() FROM reward_score
WHERE NOT (isfinite(reward) AND isfinite(reward_std) AND coalesce(isfinite(robot_reward), true) AND coalesce(isfinite(robot_reward_std), true));

CREATE TABLE reward_score_checked (
    model_id         TEXT NOT NULL,
    clip_id          TEXT NOT NULL,
    reward           DOUBLE NOT NULL CHECK (isfinite(reward)),          -- human head: mean over the ensemble
    reward_std       DOUBLE NOT NULL CHECK (isfinite(reward_std)),
    robot_reward     DOUBLE CHECK (isfinite(robot_reward)),             -- robot head, where the model has one
    robot_reward_std DOUBLE CHECK (isfinite(robot_reward_std)),
    PRIMARY KEY (model_id, clip_id)
);
INSERT INTO reward_score_checked BY NAME SELECT * FROM reward_score
WHERE isfinite(reward) AND isfinite(reward_std) AND coalesce(isfinite(robot_reward), true) AND coalesce(isfinite(robot_reward_std), true);
DROP TABLE reward_score;
ALTER TABLE reward_score_checked RENAME TO reward_score;

INSERT INTO set_aside
SELECT 'measured_gain', clip_id, 'its gain is no number', to_json(measured_gain)::JSON, now() FROM measured_gain
WHERE NOT (isfinite(gain) AND coalesce(isfinite(gain_std), true));

CREATE TABLE measured_gain_checked (
    clip_id    TEXT NOT NULL,
    gain       DOUBLE NOT NULL CHECK (isfinite(gain)),
    gain_std   DOUBLE CHECK (isfinite(gain_std)),
    source     TEXT NOT NULL,                -- the file it came from, or a validation run's id
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (clip_id, source)
);
INSERT INTO measured_gain_checked BY NAME SELECT * FROM measured_gain
WHERE isfinite(gain) AND coalesce(isfinite(gain_std), true);
DROP TABLE measured_gain;
ALTER TABLE measured_gain_checked RENAME TO measured_gain;
