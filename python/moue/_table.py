"""One Arrow table of many pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Table:
    """Rows of faces, which whoever knows Arrow's PyCapsule interface reads without a copy: pandas, polars, pyarrow, DuckDB.

    Its columns are those that :meth:`moue.Recognizer.table` names, also where it is empty.
    """

    def __init__(self, rows: int, stream: Callable[[], object], schema: Callable[[], object]) -> None:
        self._rows = rows
        self._stream = stream
        self._schema = schema

    def __len__(self) -> int:
        return self._rows

    def __repr__(self) -> str:
        return f"Table({self._rows} rows)"

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Batches of rows. Another schema than its own is not made."""
        return self._stream()

    def __arrow_c_schema__(self) -> object:
        return self._schema()

    def to_arrow(self) -> pyarrow.Table:
        """A ``pyarrow.Table``."""
        import pyarrow

        return pyarrow.table(self)

    def to_pandas(self) -> pandas.DataFrame:
        """A ``pandas.DataFrame``: ``pip install moue[pandas]``."""
        frame: Any = self.to_arrow().to_pandas()
        return frame

    def to_polars(self) -> polars.DataFrame:
        """A ``polars.DataFrame``: ``pip install moue[polars]``."""
        import polars

        return polars.DataFrame(self)
