-- How the groups of near-duplicates were found: one row, replaced with the groups.
CREATE TABLE near_duplicate_search (
    model          TEXT NOT NULL,
    min_similarity REAL NOT NULL,
    min_overlap    REAL NOT NULL,
    clips          INTEGER NOT NULL,         -- compared
    checked        INTEGER NOT NULL,         -- a sample compared with all leaders afterwards; 0 where all clips were
    missed         INTEGER NOT NULL          -- those of the sample that belong to an earlier group than the one found
);
