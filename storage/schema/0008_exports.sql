-- Exports: what was written where, with everything needed to write it again.
CREATE TABLE export_run (
    export_id  TEXT PRIMARY KEY,
    created_at TIMESTAMPTZ NOT NULL,
    settings   JSON NOT NULL,
    results    JSON NOT NULL
);
