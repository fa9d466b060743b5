"""Reading untrusted files within limits, and writing our own files atomically.

characters.py     which characters a text or a name may hold
names.py          the types of names and texts from outside, and the gate before a path
values.py         single names, ids, texts and numbers
place.py          where a file lies: on its own, or inside a tar
typed_path.py     paths as people type them, with `~`
problems.py       problems of single rows, listed up to a limit
lenient.py        lists of which the valid entries are taken and the others reported
read_json.py      JSON as plain values, or as a Pydantic model
stored_json.py    our own reports as JSON, and back as dataclasses
read_csv.py       CSV row by row, strictly
read_yaml.py      settings that people edit, with comments and lines
read_parquet.py   tables in batches, with the requested columns and types
digest.py         hashes of files and values
formulas.py       cells of tables that no spreadsheet runs
cache.py          arrays of our own, written atomically
parquet_pages.py  sizes stated in the pages of a Parquet file, checked before they are read
unpack.py         zip files, unpacked whole or not at all
replace_whole.py  writing under a temporary name, then renaming

The readers raise `FormatError`, whose message is the reason alone.
"""
