-- Features: each extractor's table (feature_<extractor>) is made when it is first used, for its columns are its own; the
-- view is drawn anew over all of them then. Tracks and vectors have tables of their own, made likewise.
CREATE TABLE feature_failure (
    clip_id   TEXT NOT NULL,
    extractor TEXT NOT NULL,
    error     TEXT NOT NULL,
    PRIMARY KEY (clip_id, extractor)
);

CREATE VIEW clip_features AS SELECT clip_id FROM clip;
