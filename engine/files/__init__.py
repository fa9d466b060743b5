"""Reading files that others made: sizes are limited before anything is read, and every refusal has a reason.

read_json.py   JSON as plain values, or as a Pydantic model
"""
