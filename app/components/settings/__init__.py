"""Parts of the Settings page.

fields  every value of the settings models as a field: title, meaning, range, default, and how its text is read
draft   what was typed and not saved yet, in this session: changes, problems, saving
form    the fields on the page: search, folding sections, marks, back to default
"""
