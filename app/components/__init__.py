"""Pieces that pages draw with. None of them reads the store by itself except through what it is given.

Flat lies what many pages share; every folder belongs to a page or a subject: browser (JavaScript that several share, and
how a component's script is joined), clips (how clips and videos are shown anywhere), export, jobs, label, library,
reward, videos.
"""
