"""Rules of what pages draw: one component for each state, one way to each page, one head, styles that stay quick."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.source_tree import ROOT, python, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_no_number_field_keeps_its_last_good_value() -> None:
    """Streamlit's own does, while it shows red: the button beside it then uses a number that nobody sees."""
    found = [
        f"{path}:{node.lineno}"
        for path in python("app/", "pages/")
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr == "number_input")
        or (isinstance(node, ast.ImportFrom) and any(alias.name == "number_input" for alias in node.names))
    ]
    assert found == [], "ask with app/components/number_field.py"


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """All calls of a function by its bare name, on pages and in components."""
    for path in python("app/", "pages/"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield path, node


OWN_BOXES = {"info", "warning", "error", "success", "spinner", "status", "exception"}


def own_boxes(node: ast.AST) -> list[ast.expr]:
    """Streamlit's own boxes that a node draws, on the page or in a container: nothing is done with what they return."""
    if isinstance(node, ast.Attribute) and node.attr in OWN_BOXES and getattr(node.value, "id", "") == "st":
        return [node]
    drawn = [node.value] if isinstance(node, ast.Expr) else []
    drawn += [item.context_expr for item in node.items] if isinstance(node, ast.With) else []
    return [call for call in drawn if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in OWN_BOXES]


def test_streamlit_s_own_boxes_are_found_in_containers_too() -> None:
    drawn = "st.error('x')", "box.warning('x')", "with box.spinner('x'): pass", "draw = st.info"
    assert all(any(own_boxes(node) for node in ast.walk(ast.parse(text))) for text in drawn)
    assert not any(own_boxes(node) for node in ast.walk(ast.parse("success = workspace.validation.success(run)")))


def test_each_state_has_one_colour_and_one_icon() -> None:
    """A badge, a box and a message about one job look alike: the icons of states stand in one table."""
    from app.components.states.looks import STATE_LOOKS
    from storage.jobs import ACTIVE, ENDED

    assert set(STATE_LOOKS) == {*ACTIVE, *ENDED}
    tables = {
        path.as_posix()
        for path in python("app/", "pages/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Dict)
        and {"queued", "failed"} <= {getattr(key, "value", None) for key in node.keys}
        and any(":material/" in str(getattr(part, "value", "")) for part in ast.walk(node))
    }
    assert tables == {"app/components/states/looks.py"}


def test_empty_loading_running_failed_and_done_are_drawn_by_one_component_each() -> None:
    """Streamlit's own boxes would look another way on every page."""
    found = {
        f"{path}:{drawn.lineno}"
        for path in python("app/", "pages/")
        if path.as_posix() != "app/components/states/loading.py"
        for node in ast.walk(tree(path))
        for drawn in own_boxes(node)
    }
    assert sorted(found) == [], "draw with app/components/states, or `remark` of app/components/feedback.py"


def test_a_link_to_a_page_and_the_watching_of_a_job_are_written_once_each() -> None:
    """`leads_to` gives every link its page's icon; `watch_jobs` draws what waits for a job until that has ended."""
    links, paths, watches = set(), set(), set()
    for path in python("app/", "pages/"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr == "page_link":
                links.add(path.as_posix())
            elif isinstance(node, ast.Constant) and str(node.value).startswith("../pages/"):
                paths.add(path.as_posix())
            elif isinstance(node, ast.keyword) and node.arg == "run_every":
                watches.add(path.as_posix())
    assert links == {"app/components/states/empty.py"}
    assert paths == {"app/navigation.py"}
    # The tray and the Jobs page also look for jobs that begin.
    assert watches == {"app/components/states/running.py", "app/components/jobs/tray.py", "pages/jobs.py"}


def test_every_empty_state_has_an_action_that_leads_on() -> None:
    led = {
        (path, item.context_expr.lineno)
        for path in python("app/", "pages/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.With)
        and any(isinstance(part, ast.Call) for line in node.body for part in ast.walk(line))
        for item in node.items
    }
    assert [f"{path}:{call.lineno}" for path, call in calls("empty_state") if (path, call.lineno) not in led] == []


def test_every_page_has_the_head_that_all_have() -> None:
    """One line of one height, which no title stands outside of."""
    found = [
        f"{path}:{node.lineno}"
        for path in python("app/", "pages/")
        if path.as_posix() != "app/components/page_head.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "title" and getattr(node.value, "id", "") == "st"
    ]
    assert found == []


def test_no_style_asks_has_of_every_element() -> None:
    """It is asked again of each of them whenever one changes: a page with many nodes is then slow in all it does."""
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()}"
        for path in sorted((ROOT / "app").rglob("*.css"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"(^|[\s>+~,*]):has\(", line)
    ]
    assert found == []


def test_every_chart_is_drawn_by_the_component_that_says_it_in_words() -> None:
    homes = {
        path.relative_to(ROOT).as_posix()
        for folder in ("app", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\bst\.(plotly|altair|line|bar|area|scatter|vega_lite)_(chart|lite_chart)\b|\.pyplot\(", line)
    }
    assert homes == {"app/components/chart.py"}
