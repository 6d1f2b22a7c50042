"""Facial expressions, action units and likeness of faces in pictures and videos, on any GPU or the processor.

    >>> import moue
    >>> recognizer = moue.Recognizer()
    >>> for face in recognizer.analyze("photo.jpg").faces:
    ...     print(face.box, face.label, face.probabilities)

Names, units and keys are those of ``moue analyze --json``: :class:`Analysis` and :class:`Face` say which there are.
"""

from ._devices import Device, devices
from ._error import Error
from ._maps import Lut, distances, lbp, lut
from ._moue import __version__
from ._network import Network, import_model
from ._pictures import Picture
from ._recognizer import Recognizer
from ._records import Analysis, Face, Frame
from ._table import Table
from ._video import Video

__all__ = [
    "Analysis",
    "Device",
    "Error",
    "Face",
    "Frame",
    "Lut",
    "Network",
    "Picture",
    "Recognizer",
    "Table",
    "Video",
    "__version__",
    "devices",
    "distances",
    "import_model",
    "lbp",
    "lut",
]
