-- Validation: runs that measured the gain of clips, and ablations.
CREATE TABLE validation_run (
    run_id     TEXT PRIMARY KEY,
    model_id   TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    seed       INTEGER NOT NULL,
    settings   JSON NOT NULL,
    results    JSON NOT NULL
);

CREATE TABLE clip_gain (
    run_id   TEXT NOT NULL,
    clip_id  TEXT NOT NULL,
    gain     DOUBLE NOT NULL,
    gain_std DOUBLE,
    PRIMARY KEY (run_id, clip_id)
);

CREATE TABLE ablation_run (
    run_id     TEXT PRIMARY KEY,
    model_id   TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    seed       INTEGER NOT NULL,
    settings   JSON NOT NULL,
    results    JSON NOT NULL
);
