"""pandas reads the tables of `moue analyze` of a video: numbers are numbers, a row a face or a frame without, every row at its true time."""

import math

import pandas as pd
import pytest

from clip import FACES, FOUND, HEIGHT, ROWS, TIMES, WIDTH

EMOTIONS = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
# The first frame's number; the columns of times, of texts, and some that a frame without a face leaves empty.
KINDS = {
    "moue": (0, "timestamp", {"input", "label"}, ["track", "face", "x", "w", "score", "happy", "contempt", "AU12", "AU45_intensity"]),
    "openface": (1, "timestamp", set(), ["pose_Rx", "x_0", "y_67", "AU12_r", "AU45_c"]),
    "py-feat": (0, "approx_time", {"input", "Identity"}, ["FaceRectX", "FaceScore", "x_0", "y_67", "Pitch", "AU12", *EMOTIONS]),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def read(kind, tables):
    return pd.read_csv(tables[kind])


def test_numbers_are_numbers_and_texts_are_names(kind, read):
    texts = {name for name, column in read.items() if not pd.api.types.is_numeric_dtype(column)}
    assert texts == KINDS[kind][2]
    assert pd.api.types.is_integer_dtype(read["frame"]) and pd.api.types.is_float_dtype(read[KINDS[kind][1]])


def test_every_frame_has_its_rows_at_its_true_time(kind, read):
    first, time, *_ = KINDS[kind]
    assert list(zip(read["frame"], read[time])) == [(first + frame, seconds) for frame, seconds in ROWS]


def test_what_is_measured_of_a_face_is_empty_where_there_is_none_and_only_there(kind, read):
    for name in KINDS[kind][3]:
        assert read[name].notna().tolist() == FOUND, name


def test_a_series_over_time_is_that_of_the_clip(kind, read):
    _, time, _, of_faces = KINDS[kind]
    series = read.groupby(time)[of_faces[-1]].count()
    assert dict(series) == {ms / 1000: faces for ms, faces in zip(TIMES, FACES)}


def test_openface_has_one_name_a_face_radians_and_success(tables):
    read = pd.read_csv(tables["openface"])
    assert (read["success"] == 1).tolist() == FOUND and read.loc[read["success"] == 0, "confidence"].eq(0).all()
    good = read[read["success"] == 1]
    assert good.groupby("frame")["face_id"].nunique().tolist() == [faces for faces in FACES if faces]
    assert good["confidence"].between(0.5, 1).all() and good[["pose_Rx", "pose_Ry", "pose_Rz"]].abs().max().max() < math.pi / 2
    assert good.filter(regex="^x_").stack().between(0, WIDTH).all() and good.filter(regex="^y_").stack().between(0, HEIGHT).all()
    # Not measured: empty, and no text.
    assert read.filter(regex="^(gaze|pose_T)").isna().all().all()
    assert good.filter(regex="_r$").stack().between(0, 5).all() and set(good.filter(regex="_c$").stack()) <= {0, 1}


def test_py_feat_s_seven_emotions_sum_to_1_and_boxes_lie_in_the_frame(tables):
    read = pd.read_csv(tables["py-feat"])
    assert (read.loc[FOUND, EMOTIONS].sum(axis=1) - 1).abs().max() < 1e-6
    assert read[["FrameHeight", "FrameWidth"]].drop_duplicates().values.tolist() == [[HEIGHT, WIDTH]]
    good = read[FOUND]
    assert (good["FaceRectX"] + good["FaceRectWidth"]).between(1, WIDTH).all() and good["FaceRectWidth"].gt(40).all()
    # Two faces of a frame have two names.
    assert good.groupby("frame")["Identity"].nunique().tolist() == [faces for faces in FACES if faces]
    assert set(read["input"].str.rpartition("/")[2]) == {"a clip, uneven.mkv"}
