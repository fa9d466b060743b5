"""What crosses between storage, engine and workflows has a type (CONTRIBUTING.md), over whatever files there are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.source_tree import python, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


# --- what crosses a boundary has a type ------------------------------------------------------------------------------

UNTYPED = {"dict[str, Any]", "Mapping[str, Any]"}
RAW = {
    "storage/database.py: Database.rows": "the store's own reader of rows, which `records` makes dataclasses of",
    "storage/database.py: Database.row": "the same, of the first row",
    "storage/database.py: filled": "what makes a dataclass of a row, be it the database's or a shard's",
    "app/workflows/labelling.py: record_answers": "what a browser sent, which is about to be checked",
    "engine/runtime/shards.py: ItemOutput.add_rows": "rows of any step's tables on their way into Parquet",
    "engine/runtime/shards.py: ShardFolder.rows": "the same on their way back",
    "engine/runtime/rows.py: Row.columns": "a row as Arrow takes it",
    "engine/runtime/rows.py: rows_of": "the same on its way back",
    "engine/files/stored_json.py: StoredJson.to_json": "a JSON object",
    "engine/preference/kinds.py: stated_kind": "a label's values as older files and bundles state them",
    "engine/reward/judging/training_report.py: TrainingReport.to_json": "a JSON object",
    "storage/rewards.py: RewardModel.report_json": "a JSON object, as a bundle's manifest holds it",
    "engine/validation/inputs.py: ValidationInputs.track_rows": "rows of hand tracks as Arrow has them",
    "engine/validation/hand_series.py: hand_series": "such a row, which becomes a `HandSeries` here",
    "engine/validation/cloning.py: clips_with_actions": "the same rows, by clip",
}
"""Public functions that speak of a dict of anything for a reason: what they read or write has no shape of its own."""


def public_functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions and methods of a module that others may call, by name."""

    def within(body: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from within(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield f"{prefix}{node.name}", node

    return within(tree(path).body, "")


def untyped_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How often the signature of a function says no more than "a dict"."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    annotations = [argument.annotation for argument in every if argument and argument.annotation]
    return sum(
        ast.unparse(node) in UNTYPED
        for annotation in [*annotations, *([function.returns] if function.returns else [])]
        for node in ast.walk(annotation)
    )


def test_what_crosses_a_boundary_is_no_dict_of_anything() -> None:
    """A dataclass or a model says what is in it, and a wrong name is found before anything runs."""
    found = {
        f"{path}: {name}": count
        for path in python("storage/", "engine/", "app/workflows/")
        for name, function in public_functions(path)
        if (count := untyped_in(function))
    }
    assert sorted(RAW.keys() - found.keys()) == [], "these need no exception any more"
    assert [name for name in found if name.startswith("storage/library/")] == []
    assert [name for name in found if name not in RAW] == []


def positional_fields(made: ast.ClassDef) -> int:
    """How many values a dataclass takes without their names; 0 for a class that is none."""
    for decorator in made.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "dataclass":
            if any(word.arg == "kw_only" for word in decorator.keywords):
                return 0
            fields = [ast.unparse(node.annotation) for node in made.body if isinstance(node, ast.AnnAssign)]
            return fields.index("KW_ONLY") if "KW_ONLY" in fields else len(fields)
    return 0


RAW_FIELDS = {
    "engine/export/manifest.py: BundleModel": "settings and report as the other workspace stored them, checked apart",
    "engine/export/manifest.py: Manifest": "settings of the export as they were stored, maybe by another version",
    "engine/runtime/shards.py: ItemOutput": "rows of any step's tables on their way into Parquet",
    "engine/sample/truth.py: Truth": "what a rendered video was drawn from, as its JSON file holds it",
    "storage/library/view_sql.py: ViewSql": "parameters of a SQL statement",
    "storage/rewards.py: RewardModel": "settings as they were stored, maybe by another version",
    "storage/validation.py: AblationRun": "settings as they were stored, maybe by another version",
    "storage/validation.py: SuccessRun": "settings as they were stored, maybe by another version",
    "storage/validation.py: ValidationRun": "settings as they were stored, maybe by another version",
}
"""Classes with a field that is a dict of anything, and why."""


def test_no_other_class_has_a_field_that_is_a_dict_of_anything() -> None:
    found = {
        f"{path}: {node.name}"
        for path in python("storage/", "engine/", "app/workflows/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        for field in node.body
        if isinstance(field, ast.AnnAssign)
        if any(ast.unparse(part) in UNTYPED for part in ast.walk(field.annotation))
    }
    assert found == set(RAW_FIELDS)


MADE_IN_ORDER = {
    "engine/preference/answers.py: AskedPair": "made of the columns of a table, half a million at a time",
    "engine/runtime/spec.py: SpecFile": "as a specification has stood since the first version",
    "engine/sample/items.py: Item": "a table of drawn things, one a line",
    "engine/sample/mesh.py: Mesh": "arrays in the order in which they are drawn",
}
"""Dataclasses of more than four fields that take them without their names, and why."""


def test_what_has_more_than_four_fields_is_made_by_their_names() -> None:
    many = {
        f"{path}: {node.name}"
        for path in python("storage/", "engine/", "app/", "pages/")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef) and positional_fields(node) > 4
    }
    assert many == set(MADE_IN_ORDER)
