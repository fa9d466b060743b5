-- Exports: what was written where, with everything needed to write it again. The list itself is kept below exports/.
CREATE TABLE export_run (
    export_id  TEXT PRIMARY KEY,
    created_at TIMESTAMPTZ NOT NULL,
    settings   JSON NOT NULL,                -- what was chosen, the model by its id
    results    JSON NOT NULL                 -- where it was written, how many clips, why others did not come out
);

-- Cut clips of an export: a file cut again has the new row's checksum.
CREATE TABLE export_file (
    export_id  TEXT NOT NULL,
    clip_id    TEXT NOT NULL,
    file       TEXT NOT NULL,                -- below the export's folder
    sha256     TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    frames     BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (export_id, clip_id)
);

-- Who this workspace is to others in a shared bucket. A copy of the folder elsewhere is somebody else: it gets a row of its own.
CREATE SEQUENCE workspace_identity_sequence;

CREATE TABLE workspace_identity (
    event_id     BIGINT DEFAULT nextval('workspace_identity_sequence'),
    workspace_id TEXT NOT NULL,
    place        TEXT NOT NULL,              -- a digest of the machine and the folder
    created_at   TIMESTAMPTZ NOT NULL
);

-- Files that a pull brought, so that a later one may take them away again where that is asked for.
CREATE TABLE pulled_file (
    path       TEXT PRIMARY KEY,             -- below the workspace
    target     TEXT NOT NULL,                -- the bucket and prefix it came from
    what       TEXT NOT NULL,                -- videos, clips
    sha256     TEXT NOT NULL,
    about      TEXT NOT NULL,                -- JSON: what its owner said about it
    created_at TIMESTAMPTZ NOT NULL
);

-- Which content a video's name stands for, also of videos that others spoke of: labels travel with it, because two people
-- may have different videos of one name.
CREATE TABLE known_video (
    sha256   TEXT PRIMARY KEY,
    video_id TEXT NOT NULL
);
