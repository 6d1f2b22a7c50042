"""What a scheduler gave the task that runs here."""

from __future__ import annotations

import sys
from typing import Any


def device() -> str | None:
    """The GPU of this Spark task; ``None`` where ``CUDA_VISIBLE_DEVICES`` says it all, as Ray and Dask have it, and where nobody schedules."""
    # A task of Spark's has it imported already.
    spark: Any = sys.modules.get("pyspark")
    task = spark.TaskContext.get() if spark is not None else None
    given = task.resources().get("gpu") if task is not None else None
    return f"cuda:{given.addresses[0]}" if given is not None and given.addresses else None
