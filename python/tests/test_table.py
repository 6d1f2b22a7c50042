"""The table, by everybody who reads Arrow."""

import duckdb
import moue
import numpy as np
import pandas
import polars
import pyarrow
import pytest

COLUMNS = ["key", "width", "height", "face", "x", "y", "w", "h", "score", "yaw", "pitch", "roll", "label", "unsure"]


@pytest.fixture(scope="module")
def two(pixels):
    """Two faces beside each other."""
    return np.ascontiguousarray(np.concatenate([pixels[:224, 60:316], pixels[:224, 60:316][:, ::-1]], axis=1))


@pytest.fixture(scope="module")
def table(recognizer, portrait, two):
    gray = np.full((64, 64, 3), 128, np.uint8)
    return recognizer.table([portrait, two, gray, b"no picture"], keys=["a", 7, "gray", "broken"])


def test_a_row_a_face_and_one_for_none(table, recognizer, portrait):
    arrow = table.to_arrow()
    arrow.validate(full=True)
    assert arrow.column_names == [*COLUMNS, *recognizer.labels, "error"]
    rows = arrow.to_pylist()
    assert [(row["key"], row["face"]) for row in rows] == [("a", 1), ("7", 1), ("7", 2), ("gray", None), ("broken", None)]
    assert len(table) == len(rows) and rows[4]["width"] is None and rows[3]["width"] == 64
    assert [row["error"] is None for row in rows] == [True] * 4 + [False] and "picture" in rows[4]["error"]
    [face] = recognizer.analyze(portrait).faces
    assert [rows[0][name] for name in "xywh"] == list(face.box)
    assert [rows[0]["score"], rows[0]["label"], rows[0]["unsure"]] == [face.score, face.label, face.unsure]
    numbers = {**face.probabilities, **face.pose}
    assert {name: np.float32(rows[0][name]) for name in numbers} == {name: np.float32(value) for name, value in numbers.items()}


def test_everybody_reads_the_same(table):
    wanted = table.to_arrow().to_pylist()
    frame = table.to_polars()
    assert isinstance(frame, polars.DataFrame) and frame.to_dicts() == wanted
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and list(frame["key"]) == [row["key"] for row in wanted]
    assert list(frame["happy"].dropna()) == [row["happy"] for row in wanted if row["happy"] is not None]
    arrow = table.to_arrow()
    counted = duckdb.sql("select key, count(face) as faces from arrow where error is null group by key order by key").fetchall()
    assert arrow.num_rows and counted == [("7", 2), ("a", 1), ("gray", 0)]


def test_nothing_has_the_same_columns(table, recognizer):
    none = recognizer.table([])
    assert len(none) == 0 and none.to_arrow().schema == table.to_arrow().schema == pyarrow.schema(none)
    assert none.to_polars().schema == table.to_polars().schema


def test_units_and_embeddings_have_columns(pixels, recognizer):
    reader = moue.Recognizer("cpu", actions=True, embed=True)
    gray = np.full((64, 64, 3), 128, np.uint8)
    arrow = reader.table([gray, pixels]).to_arrow()
    arrow.validate(full=True)
    [face] = reader.analyze(pixels).faces
    none, row = arrow.to_pylist()
    assert none["embedding"] is None and none["AU12"] is None and none["key"] == "0"
    assert (np.asarray(row["embedding"], np.float32) == face.embedding).all()
    units = face.actions["units"]
    assert np.float32(row["AU12"]) == np.float32(units["AU12"]["probability"])
    assert np.float32(row["AU12_intensity"]) == np.float32(units["AU12"]["intensity"])
    assert arrow.schema.field("embedding").type == pyarrow.list_(pyarrow.field("item", pyarrow.float32(), nullable=False), 64)


def test_a_table_can_be_read_twice_and_outlives_its_makers(pixels):
    reader = moue.Recognizer("cpu", faces="none")
    table = reader.table([pixels[:64, :64]] * 300)
    first = pyarrow.table(table)
    # A stream that nobody reads frees itself.
    del reader
    table.__arrow_c_stream__()
    again = pyarrow.table(table)
    del table
    assert first.equals(again) and first.num_rows == 300 and first["label"].num_chunks == 2


@pytest.mark.parametrize(("items", "keys"), [(2, ["a"]), (1, ["a", "b"])])
def test_each_picture_has_its_key(recognizer, pixels, items, keys):
    with pytest.raises(moue.Error) as raised:
        recognizer.table([pixels] * items, keys=keys)
    assert raised.value.code == "argument"
