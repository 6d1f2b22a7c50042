"""What fails, and why."""

from __future__ import annotations


class Error(Exception):
    """What went wrong, where, and what to try.

    ``code`` is one of ``picture``, ``video``, ``io``, ``model``, ``argument``, ``shape``, ``no-adapter``, ``limit``, ``out-of-memory``, ``device-lost``, ``device``
    and ``defect``; ``str(error)`` is the message. It can be pickled.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
