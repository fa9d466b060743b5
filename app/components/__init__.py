"""Reusable parts of pages. They read the store only through the objects that they are given.

Modules here are shared by many pages; every folder belongs to a page or a subject: browser (the scripts that several
components share, and how a component's script is joined), clips (how clips and videos are shown anywhere), export,
jobs, label, library, palette, reward, settings, states (empty, loading, running, failed, done), videos.
"""
