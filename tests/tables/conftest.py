"""The tables, made once."""

import clip as clips
import pytest


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "a clip, uneven.mkv"
    clips.make(path)
    return {name: clips.table(path, name) for name in ("moue", "openface", "py-feat")}
