"""Loads what writes tables, without the second that Arrow takes to look for pandas."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

__all__ = ["warm_up"]


def warm_up() -> None:
    """Load what writes tables, in no item's time.

    Arrow's first conversion looks for pandas, to know its kinds of columns, and loads it: more than a second in every
    worker, for nothing. Here it looks once and finds none. What asks Arrow for a data frame later still gets one.
    """
    import pyarrow as pa
    import pyarrow.parquet

    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(_NoPandas)


class _NoPandas(MetaPathFinder):
    @classmethod
    def find_spec(cls, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)
