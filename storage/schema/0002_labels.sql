-- Labels: what annotators said, people and simulated ones alike; only ever added to. Undo and a changed mind are rows too.
CREATE SEQUENCE label_entry_sequence;

CREATE TABLE label_entry (
    entry_id      BIGINT DEFAULT nextval('label_entry_sequence'),
    label_id      TEXT NOT NULL,             -- the same for an answer, its undo and its change
    left_clip_id  TEXT NOT NULL,
    right_clip_id TEXT NOT NULL,
    answer        TEXT NOT NULL,             -- left, right, tie, skip; or undone
    annotator     TEXT NOT NULL,
    simulated     BOOLEAN NOT NULL,
    response_ms   INTEGER,
    strategy      TEXT NOT NULL,             -- how the pair was chosen
    created_at    TIMESTAMPTZ NOT NULL
);

CREATE VIEW label AS
SELECT label_id, left_clip_id, right_clip_id, answer, annotator, simulated, response_ms, strategy, created_at
FROM label_entry
QUALIFY row_number() OVER (PARTITION BY label_id ORDER BY entry_id DESC) = 1 AND answer <> 'undone';

-- What the sample generator knows about the episodes that it rendered: the truth that simulated annotators answer from.
CREATE TABLE sample_truth (
    name_key TEXT NOT NULL,                  -- of the rendered video
    start_s  DOUBLE NOT NULL,
    end_s    DOUBLE NOT NULL,
    kind     TEXT NOT NULL,                  -- purposeful, idle, out_of_view, fumbling, looking_away
    quality  DOUBLE NOT NULL,                -- hidden: what a careful person would prefer
    useful   DOUBLE NOT NULL,                -- whether the demonstrated action is useful for cloning
    PRIMARY KEY (name_key, start_s)
);
