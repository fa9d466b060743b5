"""What each kind of job is asked and what it gives back: settings, payloads and rows, shared by app and workers.

Nothing here loads a heavy library: the app makes and reads these, the step of the same kind in `engine/steps` too.

clips          the window of a clip, as jobs name it
cutting        clips of videos that are here already
damage         what a worker found wrong with a video while it read it
encoder        messages of the search worker
export         cut clips
extract        features, vectors, tracks, and what could not be measured
files          import, receive, second look: what a file says of itself
likeness       the map of embeddings, near-duplicates
pictures       posters, thumbnails, sprites, previews
reward         training, scoring
shots          shots of a video
sources        download, unpack, rendered samples: where files come from
validation     validation, ablation
"""
