"""Files that others made are read within limits and refused with a reason; ours are written whole or not at all.

read_json.py      JSON as plain values, or as a Pydantic model
read_csv.py       CSV row by row, strictly
read_yaml.py      settings that people edit, with comments and lines
values.py         single names, ids, texts and numbers
problems.py       what was wrong with single rows, named up to a limit
replace_whole.py  writing under a temporary name, then renaming
"""
