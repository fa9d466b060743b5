"""`handpicked query`: read-only SQL over the workspace."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.output import print_json, print_table, print_text, say
from app.cli.session import options
from engine.export.writers import neutralise_formulas
from storage.paths import WorkspacePaths
from storage.query import query

__all__ = ["run_query"]


class Format(StrEnum):
    """How the result is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def run_query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help='One SQL query, e.g. "SELECT * FROM clip LIMIT 5".', metavar="SQL")],
    output: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.TABLE,
) -> None:
    """Run a query over the workspace's tables. The database is opened read-only: nothing can be changed."""
    result = query(WorkspacePaths(options(context).workspace).database, sql)
    if options(context).json or output is Format.JSON:
        print_json(result.to_pylist())
    elif output is Format.CSV:
        print_text(neutralise_formulas(result.to_pandas()).to_csv(index=False, lineterminator="\n"))
    else:
        print_table(result.column_names, [list(row.values()) for row in result.to_pylist()])
        say(f"{result.num_rows:,} row{'' if result.num_rows == 1 else 's'}", "dim")
