"""What the engines read: small pictures of which some are broken, and what one process says of them."""

import time

import moue
import pytest
from common import BROKEN, COUNT, OPTIONS, ROOT, rows
from PIL import Image


@pytest.fixture(scope="session")
def face():
    with Image.open(ROOT / "examples/astronaut.png") as picture:
        return picture.convert("RGB").crop((60, 0, 316, 224))


@pytest.fixture(scope="session")
def folder(face, tmp_path_factory):
    """Crops of the portrait, each another; every so many is cut off."""
    folder = tmp_path_factory.mktemp("pictures")
    for at in range(COUNT):
        x, y = at % 32, at // 32 % 8
        file = folder / f"{at:04}.jpg"
        face.crop((x, y, x + 216, y + 216)).resize((128, 128)).save(file, quality=90 - at // 256)
        if at % (COUNT // BROKEN) == 7:
            file.write_bytes(file.read_bytes()[:900])
    return folder


@pytest.fixture(scope="session")
def clip(face, tmp_path_factory):
    """An animated picture, which needs no ffmpeg."""
    path = tmp_path_factory.mktemp("video") / "clip.gif"
    frames = [face.crop((4 * at, 0, 4 * at + 216, 216)) for at in range(6)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[40, 40, 120] * 2)
    return path


@pytest.fixture(scope="session")
def expected(folder):
    """The rows of one process, by the name of their file."""
    begin, processor = time.perf_counter(), time.process_time()
    files = sorted(folder.iterdir())
    table = moue.Recognizer(**OPTIONS).table((file.read_bytes() for file in files), keys=files)
    wall, processor = time.perf_counter() - begin, time.process_time() - processor
    print(f"\none process: {wall:.1f} s, {processor:.1f} of the processor; {COUNT} pictures, {BROKEN} broken")
    return rows(table.to_arrow())


@pytest.fixture
def timed():
    """Says how long an engine takes beside that, with ``-s``."""
    begin = time.perf_counter()
    yield
    print(f"\nan engine: {time.perf_counter() - begin:.1f} s")
