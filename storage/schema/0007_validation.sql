-- Validation: runs that measured the gain (ΔM) of clips and held a reward against it, and ablations.
CREATE TABLE validation_run (
    run_id      TEXT PRIMARY KEY,
    model_id    TEXT,                        -- the reward model whose own scores were looked at; NULL where there was none
    created_at  TIMESTAMPTZ NOT NULL,
    seed        INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,               -- of the clips, hand tracks, features and labels that went in
    settings    JSON NOT NULL,
    results     JSON NOT NULL
);

CREATE TABLE clip_gain (
    run_id   TEXT NOT NULL,
    clip_id  TEXT NOT NULL,
    gain     DOUBLE NOT NULL,
    gain_std DOUBLE,                         -- standard error over trunks
    reward   DOUBLE,                         -- by rewards that saw no label of the clip's source; in standard deviations
    PRIMARY KEY (run_id, clip_id)
);

CREATE TABLE ablation_run (
    run_id            TEXT PRIMARY KEY,
    model_id          TEXT,
    validation_run_id TEXT NOT NULL,         -- whose gains it is held against
    created_at        TIMESTAMPTZ NOT NULL,
    seed              INTEGER NOT NULL,
    fingerprint       TEXT NOT NULL,
    settings          JSON NOT NULL,
    results           JSON NOT NULL
);
