-- Library: what people look at (saved views, selections, searches) and what they decide (tags, with a journal for undo).
CREATE TABLE saved_view (
    name       TEXT PRIMARY KEY,
    address    TEXT NOT NULL,                -- the view as the page's address has it
    created_at TIMESTAMPTZ NOT NULL
);

-- Clips that somebody picked in a chart or a map: too many for an address, so they have a name there.
CREATE TABLE clip_selection (
    selection_id TEXT PRIMARY KEY,           -- a digest of the clips
    title        TEXT NOT NULL,
    clip_ids     TEXT[] NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL
);

-- Searches by text or picture: their vectors, so that a reload and a saved view need no model.
CREATE TABLE search_vector (
    search_id  TEXT PRIMARY KEY,             -- a digest of what was searched for and of the model
    kind       TEXT NOT NULL,                -- text, image
    title      TEXT NOT NULL,
    model      TEXT NOT NULL,                -- vectors of two models are never compared
    vector     FLOAT[] NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- What each action changed, and nothing else, so that its undo changes just that back. Undo is a row too.
CREATE SEQUENCE tag_change_sequence;

CREATE TABLE tag_change (
    change_id  BIGINT DEFAULT nextval('tag_change_sequence'),
    action_id  TEXT NOT NULL,
    title      TEXT NOT NULL,
    clip_ids   TEXT[] NOT NULL,
    tag        TEXT NOT NULL,
    added      BOOLEAN NOT NULL,             -- else taken away
    undoes     TEXT,                         -- the action that this one takes back
    created_at TIMESTAMPTZ NOT NULL
);

-- Two-dimensional maps of the embeddings, and groups of near-duplicates: made by jobs, the last one stays.
CREATE TABLE clip_map (
    clip_id TEXT PRIMARY KEY,
    x       REAL NOT NULL,
    y       REAL NOT NULL,
    method  TEXT NOT NULL,                   -- umap, pca
    model   TEXT NOT NULL
);

CREATE TABLE near_duplicate (
    clip_id    TEXT PRIMARY KEY,
    group_id   INTEGER NOT NULL,
    similarity REAL NOT NULL,                -- to the closest other clip of its group; 1 where the windows overlap
    model      TEXT NOT NULL
);
