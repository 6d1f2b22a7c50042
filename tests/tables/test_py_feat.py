"""py-feat's own readers, `feat.utils.io.read_feat` and `read_openface`, read the tables of `moue analyze` of a video."""

import pandas as pd
import pytest
from feat import Fex
from feat.utils.io import read_feat, read_openface

from clip import FACES, FOUND, ROWS, TIMES

EMOTIONS = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]


@pytest.fixture(scope="module")
def fex(tables):
    return read_feat(str(tables["py-feat"]))


@pytest.fixture(scope="module")
def openface(tables):
    return read_openface(str(tables["openface"]))


def numeric(table):
    return all(pd.api.types.is_numeric_dtype(column) for _, column in table.items())


def test_read_feat_finds_every_group_of_columns_as_numbers(fex):
    assert isinstance(fex, Fex) and len(fex) == len(ROWS)
    groups = {"emotions": 7, "faceboxes": 5, "landmarks": 136, "poses": 6, "aus": 20, "time": 1}
    assert {name: getattr(fex, name).shape[1] for name in groups} == groups
    assert all(numeric(getattr(fex, name)) for name in groups)
    assert fex.aus.isna().all().all() and fex.poses[["X", "Y", "Z"]].isna().all().all()


def test_read_feat_finds_emotions_and_boxes_where_there_are_faces(fex):
    assert list(fex.emotions.columns) == EMOTIONS
    for group in (fex.emotions, fex.faceboxes, fex.landmarks, fex.poses[["Pitch", "Roll", "Yaw"]]):
        assert group.notna().all(axis=1).tolist() == FOUND and group.isna().all(axis=1).tolist() == [not found for found in FOUND]
    assert (fex.emotions[FOUND].sum(axis=1) - 1).abs().max() < 1e-6
    assert fex.identities.notna().tolist() == FOUND and fex.identities.nunique() == 2
    assert fex.inputs.str.endswith(".mkv").all()


def test_read_feat_s_emotions_over_time_are_those_of_the_clip(fex):
    assert list(zip(fex["frame"], fex["approx_time"])) == ROWS
    series = fex.set_index("approx_time")["happiness"].groupby(level=0).count()
    assert dict(series) == {time / 1000: faces for time, faces in zip(TIMES, FACES)}


def test_read_openface_finds_every_group_of_columns_as_numbers(openface):
    assert isinstance(openface, Fex) and len(openface) == len(ROWS)
    groups = {"landmarks": 136, "poses": 6, "gazes": 6, "aus": 35, "time": 2}
    assert {name: getattr(openface, name).shape[1] for name in groups} == groups
    assert all(numeric(getattr(openface, name)) for name in groups)
    assert openface.landmarks.notna().all(axis=1).tolist() == FOUND


def test_read_openface_s_times_are_those_of_the_clip(openface):
    assert list(zip(openface["frame"], openface["timestamp"])) == [(frame + 1, seconds) for frame, seconds in ROWS]
    assert (openface["success"] == 1).tolist() == FOUND


def test_read_openface_gives_the_columns_that_are_asked_for(tables):
    wanted = ["frame", "timestamp", "success", "pose_Rx", "x_0", "AU12_r", "AU28_c"]
    assert list(read_openface(str(tables["openface"]), features=wanted).columns) == [*wanted, "input"]
