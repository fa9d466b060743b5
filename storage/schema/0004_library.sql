-- Library: saved views, and the two-dimensional maps of embeddings.
CREATE TABLE saved_view (
    name       TEXT PRIMARY KEY,
    view       JSON NOT NULL,                -- filters, sort, search: as the address of the page has them
    created_at TIMESTAMPTZ NOT NULL
);
