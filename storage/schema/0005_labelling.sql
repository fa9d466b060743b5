-- Labelling: sittings of one annotator with a target.
CREATE TABLE sitting (
    sitting_id TEXT PRIMARY KEY,
    annotator  TEXT NOT NULL,
    target     INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
