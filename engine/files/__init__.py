"""Files that others made are read within limits and refused with a reason; ours are written whole or not at all.

characters.py     which characters a text or a name may hold
names.py          the types of names and texts from outside, and the gate before a path
values.py         single names, ids, texts and numbers
typed_path.py     paths as people type them, with `~`
problems.py       what was wrong with single rows, named up to a limit
lenient.py        lists of which the good part is taken and the rest named
read_json.py      JSON as plain values, or as a Pydantic model
stored_json.py    our own reports as JSON, and back as dataclasses
read_csv.py       CSV row by row, strictly
read_yaml.py      settings that people edit, with comments and lines
read_parquet.py   tables in batches, with the columns and types that are wanted
digest.py         fingerprints of files, by which the same content is known again
cache.py          arrays of our own, kept whole or not at all
parquet_pages.py  what their pages say of themselves, before they are read
unpack.py         zip files, whole or not at all
replace_whole.py  writing under a temporary name, then renaming

The readers raise `FormatError`, whose message is the reason alone.
"""
