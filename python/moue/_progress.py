"""A bar for long work, by tqdm where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def bar(wanted: bool | None, total: int | None, unit: str) -> Iterator[Callable[[], Any] | None]:
    """What is called after each: none where there is no bar. ``wanted`` None: on a terminal and in a notebook, of several."""
    if wanted is None:
        wanted = (total is None or total > 1) and ("ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty()))
    if not wanted:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        yield None
        return
    with tqdm(total=total, unit=unit) as drawn:
        yield drawn.update
