-- Success counted by rollouts in sample scenes, with policies trained on clips that a validation measured.
CREATE SEQUENCE success_run_sequence;
CREATE TABLE success_run (
    run_id            TEXT PRIMARY KEY,
    validation_run_id TEXT NOT NULL,         -- whose gains and rewards clips were chosen by
    created_at        TIMESTAMPTZ NOT NULL,
    seed              INTEGER NOT NULL,
    fingerprint       TEXT NOT NULL,         -- of the clips, hand tracks and scores that went in
    settings          JSON NOT NULL,
    results           JSON NOT NULL,
    entry             BIGINT DEFAULT nextval('success_run_sequence')
);
