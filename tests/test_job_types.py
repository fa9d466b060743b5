"""What crosses between the app and its workers is a type, and the engine knows no list of what lies above it."""

from __future__ import annotations

import ast
import re

from tests.source_tree import python, tree


def test_the_engine_names_no_module_of_app_and_store_in_a_string_either() -> None:
    """What is loaded by name is an import all the same."""
    address = re.compile(r"(app|storage|pages|tests)(\.\w+)+(:\w+)?")
    named = [
        f"{path}:{node.lineno} {node.value}"
        for path in python("engine/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and address.fullmatch(node.value)
    ]
    assert named == []


def test_nobody_reads_the_settings_or_the_payload_of_a_job_by_a_string() -> None:
    """They are models: a wrong name is found by mypy, and a wrong file when it is read."""
    found = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path in python("app/workflows/", "app/cli/", "engine/", "storage/")
        if path.as_posix() != "storage/validation.py"  # settings of runs as they were stored, maybe by another version
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        if getattr(node.value, "attr", getattr(node.value, "id", "")) in ("payload", "settings")
    ]
    assert found == []


def test_no_mapping_of_anything_comes_into_a_step_or_into_what_takes_its_results() -> None:
    """Rows whose columns an extractor declares, and the report of a training, are the exceptions."""
    exceptions = {"engine/steps/extract_features.py", "engine/steps/train_reward.py"}
    found = {
        path.as_posix()
        for path in python("engine/steps/", "engine/contracts/", "storage/s3/steps.py", "storage/s3/contract.py")
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        if any("dict[str, Any]" in ast.unparse(arg.annotation) for arg in function.args.args if arg.annotation)
    }
    assert found <= exceptions
