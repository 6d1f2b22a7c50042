"""What a scheduler gave the task that runs here. Its module is imported already where one runs it."""

from __future__ import annotations

import sys
from typing import Any


def device() -> str | None:
    """The GPU of this Spark task; ``None`` where ``CUDA_VISIBLE_DEVICES`` says it all, as Ray and Dask have it, and where nobody schedules."""
    task = _of_spark()
    given = task.resources().get("gpu") if task is not None else None
    return f"cuda:{given.addresses[0]}" if given is not None and given.addresses else None


def threads() -> int | None:
    """Processors of this task, of Ray's actor, or of Dask's worker; ``None`` where nobody schedules."""
    given = _given()
    return None if given is None else max(1, int(given))


def _given() -> float | None:
    task = _of_spark()
    if task is not None:
        return float(task.cpus())
    ray: Any = sys.modules.get("ray")
    if ray is not None and ray.is_initialized() and ray.get_runtime_context().worker.mode == ray.WORKER_MODE:
        return float(ray.get_runtime_context().get_assigned_resources().get("CPU", 1))
    distributed: Any = sys.modules.get("distributed")
    if distributed is not None:
        try:
            return float(distributed.get_worker().state.nthreads)
        except ValueError:
            pass
    return None


def _of_spark() -> Any:
    spark: Any = sys.modules.get("pyspark")
    return spark.TaskContext.get() if spark is not None else None
