"""Reads a table of `moue analyze` of tests/video/tables.rs with pandas: names, types, a row a frame. `read_tables.py moue|openface|py-feat FILE`"""

import sys

import pandas as pd

kind, path = sys.argv[1:]
table = pd.read_csv(path)
assert len(table) == 3, table
time = {"moue": "timestamp", "openface": "timestamp", "py-feat": "approx_time"}[kind]
first = {"moue": 0, "openface": 1, "py-feat": 0}[kind]
assert table["frame"].dtype.kind == "i" and list(table["frame"]) == [first, first + 1, first + 2], table["frame"]
assert table[time].dtype.kind == "f" and list(table[time]) == [0.0, 0.3, 1.0], table[time]
texts = {"moue": {"input", "label"}, "openface": set(), "py-feat": {"input"}}[kind]
for name, column in table.items():
    assert (column.dtype.kind in "if") != (name in texts), (name, column.dtype)
if kind == "openface":
    good = table[table["success"] == 1]
    assert len(good) == 2 and good.filter(regex="^[xy]_").notna().all().all()
    assert good[["pose_Rx", "pose_Ry", "pose_Rz"]].abs().max().max() < 3.15
if kind == "py-feat":
    emotions = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
    assert (table[emotions][:2].sum(axis=1) - 1).abs().max() < 1e-6
    assert table[emotions + ["FaceRectX", "x_0", "Pitch"]].iloc[2].isna().all()
