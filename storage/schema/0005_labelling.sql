-- Labelling: sittings of one annotator with a target, the clips that a sitting keeps to, and the pairs that were handed out.
CREATE TABLE sitting (
    sitting_id TEXT PRIMARY KEY,
    annotator  TEXT NOT NULL,
    name       TEXT,                         -- what its clips are, where it keeps to some: "37 clips from the Library"
    target     INTEGER NOT NULL,
    restricted BOOLEAN NOT NULL,             -- whether it keeps to the clips in sitting_clip
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE sitting_clip (
    sitting_id TEXT NOT NULL,
    clip_id    TEXT NOT NULL,
    PRIMARY KEY (sitting_id, clip_id)
);

CREATE SEQUENCE handed_pair_sequence;

-- A pair that was sent to a browser. Its answer becomes the label of the same id.
CREATE TABLE handed_pair (
    position      BIGINT DEFAULT nextval('handed_pair_sequence'),
    pair_id       TEXT PRIMARY KEY,
    sitting_id    TEXT NOT NULL,
    tab           TEXT NOT NULL,             -- the browser tab that has it: no two tabs are given the same pair
    left_clip_id  TEXT NOT NULL,
    right_clip_id TEXT NOT NULL,
    strategy      TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL
);

-- What a browser sent, so that what it sends again adds nothing.
CREATE TABLE label_event (
    event_id   TEXT PRIMARY KEY,
    label_id   TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
