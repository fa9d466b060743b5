"""A component's JavaScript with all that it imports, as one text: Streamlit takes a component's script as one string.

The sources are ES modules, which editors, the type checker and the tests read as they are. Here each imported module
becomes the body of a function, so that its names stay its own, and what it exports becomes a constant. The component's
own module stays a module at the end: Streamlit calls its default export.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["component_script"]

IMPORT = re.compile(r'^import \{(\s*[\w$]+(?:\s*,\s*[\w$]+)*\s*,?\s*)\} from "(\.{1,2}/[^"\n]+)";?$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) ([\w$]+))", re.MULTILINE)
EMPTY_EXPORT = re.compile(r"^export \{\};?$", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def component_script(path: Path) -> str:
    """The module at `path` after all that it imports, each module once, a module after those that it needs.

    Understood are `import { a, b } from "./file.js"` and `export` before a function, a class or a constant.

    Raises:
        ValueError: another form of import or export, or modules that import each other in a circle.
    """
    numbers: dict[Path, int] = {}
    parts: list[str] = []
    main = _with_constants(path, numbers, parts, (path.resolve(),))
    form = LEFT_OVER.search(main.replace("export default ", ""))
    if form:
        raise ValueError(f"{path}: can't be joined with other modules: {form[0]}")
    return "".join([*parts, main])


def _with_constants(path: Path, numbers: dict[Path, int], parts: list[str], within: tuple[Path, ...]) -> str:
    """A module's text with a constant for each import; `parts` gets those modules that it needs and did not have."""

    def constant(found: re.Match[str]) -> str:
        needed = (path.parent / found[2]).resolve()
        if needed in within:
            raise ValueError(f"{path} and {needed} import each other")
        if needed not in numbers:
            parts.append(_as_constant(needed, numbers, parts, (*within, needed)))
        return f"const {{{found[1]}}} = module{numbers[needed]}"

    return IMPORT.sub(constant, path.read_text(encoding="utf-8"))


def _as_constant(path: Path, numbers: dict[Path, int], parts: list[str], within: tuple[Path, ...]) -> str:
    """A module as a constant with its exports."""
    text = EMPTY_EXPORT.sub("", _with_constants(path, numbers, parts, within))
    exported = [found[1] for found in EXPORT.finditer(text)]
    body = EXPORT.sub("", text)
    form = LEFT_OVER.search(body)
    if form:
        raise ValueError(f"{path}: can't be joined with other modules: {form[0]}")
    numbers[path] = len(numbers) + 1
    return f"const module{numbers[path]} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }}\n}})()\n"
