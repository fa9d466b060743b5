"""Modules joined into one text: what a module is alone, it is there."""

from __future__ import annotations

import base64
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from app.components.browser.script import component_script
from tests.javascript_tools import ROOT, ToolsMissingError, node

if TYPE_CHECKING:
    from pathlib import Path

COMPONENTS = ROOT / "app" / "components"
ENTRIES = sorted(path for path in COMPONENTS.rglob("*.js") if "\nexport default " in path.read_text(encoding="utf-8"))


def write(folder: Path, **modules: str) -> Path:
    """Modules by name; the last one's path."""
    for name, text in modules.items():
        path = folder / f"{name}.js"
        path.write_text(text, encoding="utf-8")
    return path


def evaluated(script: str, expression: str) -> str:
    """What an expression of `component`, the script's default export, is in Node."""
    try:
        path = node()
    except ToolsMissingError as reason:
        pytest.skip(str(reason))
    address = f"data:text/javascript;base64,{base64.b64encode(script.encode()).decode()}"
    code = f"import component from {address!r}\nconsole.log(String({expression}))"
    # By standard input: a component with all its modules is longer than an argument may be.
    command = [path, "--input-type=module", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_modules_keep_their_names_to_themselves(tmp_path: Path) -> None:
    """Two modules with a constant of one name were a syntax error in one scope."""
    path = write(
        tmp_path,
        one='const NAME = "one"\nexport function one() {\n  return NAME\n}\n',
        two='const NAME = "two"\nexport const two = () => NAME\n',
        main='import { one } from "./one.js"\nimport { two } from "./two.js"\nconst NAME = "main"\n'
        "export default () => [one(), two(), NAME]\n",
    )
    assert evaluated(component_script(path), "component()") == "one,two,main"


def test_a_module_that_two_need_is_there_once_and_before_them(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        count="let count = 0\nexport class Count {\n  static next() {\n    return (count += 1)\n  }\n}\n",
        one='import { Count } from "./count.js"\nexport const one = Count.next()\n',
        main='import { Count } from "./count.js"\nimport {\n  one,\n} from "./one.js"\n'
        "export default () => [one, Count.next()]\n",
    )
    script = component_script(path)
    assert script.count("class Count") == 1
    assert evaluated(script, "component()") == "1,2"


def test_all_forms_that_are_understood_arrive(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        all="export function f() {\n  return 1\n}\nexport async function g() {\n  return 2\n}\n"
        "export class C {}\nexport const c = 4\nexport let l = 5\n",
        types="/** @typedef {string} T */\nexport {}\n",
        main='import { f, g, C, c, l } from "./all.js"\n// import "nothing": a comment\n'
        "export default () => [f(), typeof g().then, C.name, c, l]\n",
    )
    assert evaluated(component_script(path), "component()") == "1,function,C,4,5"


@pytest.mark.parametrize(
    "line",
    [
        'import all from "./other.js"',
        'import * as all from "./other.js"',
        'import "./other.js"',
        'import { a as b } from "./other.js"',
        'import { a } from "library"',
        "export { a }",
        'export * from "./other.js"',
    ],
)
def test_any_other_form_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    write(tmp_path, other="export const a = 1\n")
    as_main = write(tmp_path, main=f"{line}\nexport default () => 1\n")
    with pytest.raises(ValueError, match=f"main.js.*{re.escape(line)}"):
        component_script(as_main)
    below = write(tmp_path, below=f"{line}\n", main='import { x } from "./below.js"\nexport default () => x\n')
    with pytest.raises(ValueError, match=f"below.js.*{re.escape(line)}"):
        component_script(below)


def test_modules_in_a_circle_are_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        other='import { main } from "./main.js"\nexport const a = 1\n',
        main='import { a } from "./other.js"\nexport default () => a\n',
    )
    with pytest.raises(ValueError, match="import each other"):
        component_script(path)


def test_every_component_is_one_module_with_a_default_export() -> None:
    assert {path.stem for path in ENTRIES} == {
        *(
            "compare",
            "filter_panel",
            "leave",
            "loupe",
            "map",
            "map_button",
            "pair_viewer",
            "palette",
            "search_box",
            "size_slider",
            "video_marker",
        ),
        *("view_wall", "wall"),
    }
    for path in ENTRIES:
        assert evaluated(component_script(path), "typeof component") == "function", path


def test_every_source_is_part_of_a_component() -> None:
    """But for those that only describe types."""
    scripts = "\n".join(component_script(path) for path in ENTRIES)
    for path in COMPONENTS.rglob("*.js"):
        code = re.findall(r"^(?:export )?(?:async )?(?:class|function) \w+.*$", path.read_text("utf-8"), re.MULTILINE)
        assert [line for line in code if line.removeprefix("export ") not in scripts] == [], path
