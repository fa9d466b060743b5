"""`handpicked query`: read-only SQL over the workspace."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.options import options
from app.cli.output import print_json, print_table, print_text, say
from engine.export.writers import neutralise_formulas
from storage.paths import WorkspacePaths
from storage.query import query
from storage.time_limit import QUERY_LIMIT_S

__all__ = ["run_query"]

MOST_LIMIT_S = 24 * 3600.0


class Format(StrEnum):
    """How the result is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def run_query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help='One SQL query, e.g. "SELECT * FROM clip LIMIT 5".', metavar="SQL")],
    output: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.TABLE,
    time_limit_s: Annotated[
        float, typer.Option("--time-limit", help="Stop after so many seconds.", min=0.1, max=MOST_LIMIT_S)
    ] = QUERY_LIMIT_S,
) -> None:
    """Run a query over the workspace's tables. The database is opened read-only: nothing can be changed."""
    result = query(WorkspacePaths(options(context).workspace).database, sql, limit_s=time_limit_s)
    if options(context).json or output is Format.JSON:
        print_json(result.to_pylist())
    elif output is Format.CSV:
        print_text(neutralise_formulas(result.to_pandas()).to_csv(index=False, lineterminator="\n"))
    else:
        print_table(result.column_names, [list(row.values()) for row in result.to_pylist()])
        say(f"{result.num_rows:,} row{'' if result.num_rows == 1 else 's'}", "dim")
