"""The native half. Use the classes and functions of `moue`, which are made of it."""

from collections.abc import Callable
from typing import Any

from ._pictures import Item

__version__: str

_Step = Callable[[], Any] | None
_Told = tuple[str, list[bytes], str | None]
_Analyze = Callable[[list[Item], list[str], bool, _Step], list[_Told]]
_Add = Callable[[list[Item], list[str], _Step], int]
_Capsule = Callable[[], object]
_Table = Callable[[], tuple[_Add, _Capsule, _Capsule]]
_Next = Callable[[], tuple[str, list[bytes], bool, str | None] | None]
_Video = Callable[[str, str], _Next]
_Tensors = list[tuple[str | None, list[int], bytes]]

def open(options: str, /) -> tuple[str, _Analyze, _Table, _Video]: ...
def devices() -> str: ...
def lbp(
    pixels: bytes, height: int, width: int, depth: int, channels: int, radius: int, map: str | None, /
) -> tuple[bytes, int, int]: ...
def lut(metric: str, published: bool, /) -> tuple[bytes, float | None, list[int]]: ...
def distances(metric: str, /) -> bytes: ...
def import_model(sources: str, /) -> tuple[str, int]: ...
def network(options: str, /) -> tuple[str, Callable[[_Tensors], _Tensors]]: ...
def cli(arguments: list[str], closed: bool, /) -> int: ...
