"""Names the package to install where a library of the operating system is missing."""

from __future__ import annotations

import re

__all__ = ["remedy_for", "with_remedy"]

_GRAPHICS = "libegl1 libgles2"
_DEBIAN_PACKAGES = {
    # MediaPipe loads both when it is first used, on machines without a screen too.
    "libEGL.so.1": _GRAPHICS,
    "libGLESv2.so.2": _GRAPHICS,
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libX11.so.6": "libx11-6",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libcuda.so.1": "the driver of the graphics card",
}
MISSING = re.compile(
    r"(?P<library>lib[\w.+-]+?\.so(?:\.\d+)*):\s*(?:cannot open shared object file|file too short|invalid ELF header)"
)


def remedy_for(text: str) -> str:
    """What to install, where `text` is the system loader's message about a missing library; else empty."""
    found = MISSING.search(text)
    if found is None:
        return ""
    library = found["library"]
    package = _DEBIAN_PACKAGES.get(library)
    if package is None:
        return f"Install the package that holds {library}."
    if not package.startswith("lib"):
        return f"Install {package}: it holds {library}."
    return f"Install the system package that holds {library}; on Debian and Ubuntu: apt-get install {package}."


def with_remedy(text: str) -> str:
    """`text`, and what to install where that is known."""
    remedy = remedy_for(text)
    return f"{text} {remedy}" if remedy and remedy not in text else text
