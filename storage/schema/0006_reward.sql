-- Rewards: models trained on labels (and on measured gains), and the scores that they give. A model's file is a
-- checkpoint below models/; scores go when their model goes.
CREATE SEQUENCE reward_model_event_sequence;

CREATE TABLE reward_model (
    model_id   TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seed       INTEGER NOT NULL,
    settings   JSON NOT NULL,                -- everything that it was trained with
    metrics    JSON NOT NULL                 -- the report: the ensemble, the baselines, the ceiling
);

CREATE TABLE reward_model_current (
    event_id   BIGINT DEFAULT nextval('reward_model_event_sequence'),
    model_id   TEXT NOT NULL,                -- was made the current model
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE reward_score (
    model_id         TEXT NOT NULL,
    clip_id          TEXT NOT NULL,
    reward           DOUBLE NOT NULL,        -- human head: mean over the ensemble
    reward_std       DOUBLE NOT NULL,
    robot_reward     DOUBLE,                 -- robot head, where the model has one
    robot_reward_std DOUBLE,
    PRIMARY KEY (model_id, clip_id)
);

-- Clips that a model can't score, and why.
CREATE TABLE reward_unscored (
    model_id TEXT NOT NULL,
    clip_id  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (model_id, clip_id)
);

-- ΔM of clips that somebody measured: what the robot head learns from.
CREATE TABLE measured_gain (
    clip_id    TEXT NOT NULL,
    gain       DOUBLE NOT NULL,
    gain_std   DOUBLE,
    source     TEXT NOT NULL,                -- the file it came from, or a validation run's id
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (clip_id, source)
);

CREATE VIEW clip_score AS
SELECT s.clip_id, s.model_id, s.reward, s.reward_std, s.robot_reward, s.robot_reward_std,
       rank() OVER (ORDER BY s.reward DESC) AS rank,
       percent_rank() OVER (ORDER BY s.reward) AS percentile
FROM reward_score s JOIN clip USING (clip_id)
WHERE s.model_id = (
    SELECT c.model_id FROM reward_model_current c JOIN reward_model USING (model_id) ORDER BY c.event_id DESC LIMIT 1
);
