"""The card's arithmetic, on numbers whose answers are known."""

import numpy as np
import pytest

import data
from disturb import COVERED, covered
from figures import london, measure, tables


def of_labels(*names):
    """Probabilities that are sure of these labels."""
    return np.eye(len(data.LABELS), dtype=np.float32)[[data.LABELS.index(name) for name in names]]


def test_calibration_is_the_mean_distance_of_probability_and_share():
    found = np.full((4, 8), 0.05, np.float32)
    found[:, 0] = [0.65, 0.65, 0.95, 0.95]
    error, bins = measure.calibration(found, np.array([1.0, 0.0, 1.0, 1.0]))
    assert error == pytest.approx((2 * 0.15 + 2 * 0.05) / 4, abs=1e-6)
    assert [count for _, _, count in bins] == [2, 2]


def test_labels_that_a_model_does_not_know_have_no_probability():
    class Seven:
        text = {"labels": data.FER2013_LABELS[::-1]}

    whole = measure.in_order(Seven, np.arange(7, dtype=np.float32)[None])
    assert whole.tolist() == [[6, 5, 4, 3, 2, 1, 0, 0]]


def test_fer2013s_labels_are_answered_among_seven():
    found = of_labels("contempt", "happy")
    found[0, data.LABELS.index("sad")] = 0.5
    assert measure.fer2013(found, np.array([data.LABELS.index("sad"), data.LABELS.index("fear")])) == 0.5


def test_confusion_counts_faces_of_the_set_only():
    counts = np.array(measure.confusion(of_labels("happy", "sad", "sad"), np.array([3, 3, -1])))
    assert (counts.sum(), counts[3, 3], counts[3, 5]) == (2, 1, 1)


def test_intervals():
    # Wilson's for 56 of 102, by hand.
    assert london.share(56, 102) == pytest.approx([0.4524, 0.6422], abs=5e-4)
    low, high = london.interval(np.linspace(0, 0.5, 40), np.linspace(0.3, 1, 40))
    area = london.area_under_curve(np.linspace(0.3, 1, 40), np.linspace(0, 0.5, 40))
    assert low < area < high and high - low < 0.2
    assert london.area_under_curve([0.1, 0.5], [0.3, 0.5]) == 0.375


def test_a_small_group_says_so():
    person = {"neutral": ("neutral", 0.1), "smiling": ("happy", 0.9)}
    few, many = london.group([person] * 5), london.group([person] * 40)
    labels = {kind: dict.fromkeys(data.LABELS, 0) for kind in ("neutral", "smiling")}
    found = {"one_face": {"neutral": 0, "smiling": 0}, "labels": labels, "groups": {"few": few, "many": many}}
    rows = tables.london(found, found).splitlines()
    assert "too few to say" in next(row for row in rows if "few |" in row)
    assert "too few to say" not in next(row for row in rows if "many |" in row)


@pytest.mark.parametrize("part", ["nothing", *COVERED, "quarter"])
def test_a_cover_hides_its_part_and_nothing_else(part):
    faces = np.random.default_rng(1).integers(0, 256, (4, 48, 48), np.uint8)
    changed = covered(faces, part) != faces
    area = {"nothing": 0, "eyes": 11 * 36, "mouth": 11 * 24, "quarter": 24 * 24}[part]
    assert (changed.sum((1, 2)) <= area).all() and (changed.sum((1, 2)) >= 0.95 * area).all()
    if part == "quarter":
        assert len({tuple(np.argwhere(one)[0] // 24) + tuple(np.argwhere(one)[-1] // 24) for one in changed}) == 4
