"""Ctrl+K and `?`, on every page.

palette      what can be gone to and done; with palette.js, palette.css, match.js
"""
