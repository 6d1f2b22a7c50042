"""`python -m pytest models/actions`: what can be wrong without being seen. The renderer and the trainings need the data, these tests do not."""

import numpy as np
import pytest
import torch

import crops
import flows
import learn
import measure
import pack
import teacher


def test_a_crop_lies_where_its_points_are():
    # A spot at each point of a turned, scaled and shifted face comes to lie at the template's place.
    width, height = crops.SIZE[1], crops.SIZE[0]
    template = np.array(crops.TEMPLATE) * (width, height)
    angle, scale = 0.4, 3.0
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = template @ turn.T + (180, 150)
    picture = np.zeros((600, 500, 3), np.uint8)
    for x, y in points.round().astype(int)[4:12]:
        picture[max(y - 4, 0) : y + 4, x - 4 : x + 4] = 255
    landmarks = np.zeros((478, 2))
    landmarks[crops.POINTS] = points
    found = crops.crop(picture, landmarks)
    assert found.shape == crops.SIZE
    for x, y in template[4:12]:
        assert found[int(y), int(x)] > 150
    assert found.mean() < 40


def test_a_jaw_that_opens_moves_no_crop():
    assert not set(crops.POINTS) & {*range(13, 19), 152, 61, 291, 0, 37, 267, 84, 314, 148, 377, 176, 400}


def test_flow_goes_from_a_frame_to_the_next():
    rng = np.random.default_rng(1)
    big = np.kron(rng.integers(0, 255, (30, 24)), np.ones((4, 4))).astype(np.uint8)
    a, b = big[10:98, 10:74], big[10:98, 8:72]
    inside = flows.between(a, b)[:, 20:-20, 20:-20]
    assert abs(np.median(inside[0]) - 2) < 0.3 and abs(np.median(inside[1])) < 0.2
    assert abs(float(np.median(flows.levels(inside)[0])) - (128 + 24)) <= 3


def test_levels_are_rounded_and_kept_in_range():
    flow = np.array([0, 0.04, 0.05, -0.04, -0.05, 20, -20], np.float32)
    assert flows.levels(flow).tolist() == [128, 128, 129, 128, 127, 255, 0]


def test_a_stack_holds_flows_from_five_before_to_four_after():
    one = np.arange(20, dtype=np.uint8)
    all_flows = np.stack([one, one + 100], 1)[:, :, None, None] * np.ones((1, 1, 2, 2), np.uint8)
    middle = flows.stack(all_flows, 9)[:, 0, 0]
    assert middle[0::2].tolist() == list(range(4, 14)) and middle[1::2].tolist() == list(range(104, 114))
    first, last = flows.stack(all_flows, 0)[:, 0, 0], flows.stack(all_flows, 20)[:, 0, 0]
    assert first[0::2].tolist() == [128] * 5 + [0, 1, 2, 3, 4]
    assert last[0::2].tolist() == [15, 16, 17, 18, 19] + [128] * 5


def test_what_is_mirrored_changes_sides():
    values = torch.zeros(2, len(learn.LABELS))
    left, right = learn.LABELS.index("46L"), learn.LABELS.index("46R")
    values[:, left] = 1
    found = learn.mirrored_labels(values, torch.tensor([True, False]))
    assert found[0, right] == 1 and found[0, left] == 0 and found[1, left] == 1
    assert (learn.mirrored_labels(found, torch.tensor([True, False])) == values).all()


def test_a_picture_is_mirrored_where_its_labels_are():
    faces = torch.zeros(64, *crops.SIZE, dtype=torch.uint8)
    faces[:, :, :20] = 200
    matrix, mirrored = learn.matrices(64, torch.Generator().manual_seed(1))
    moved = learn.warped(faces[:, None].float(), matrix)[:, 0]
    on_the_right = moved[:, :, 40:].mean((1, 2)) > moved[:, :, :24].mean((1, 2))
    assert (on_the_right == mirrored).all() and 10 < mirrored.sum() < 54


def test_a_turn_is_no_shear():
    # Of a crop that is higher than wide, axes stay at right angles in pixels.
    matrix, _ = learn.matrices(200, torch.Generator().manual_seed(2), 1.0)
    height, width = crops.SIZE
    to_pixels = torch.tensor([[width / 2, 0], [0, height / 2]])
    linear = to_pixels @ matrix[:, :, :2] @ torch.linalg.inv(to_pixels)
    first, second = linear[:, :, 0], linear[:, :, 1]
    cosine = (first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))
    assert cosine.abs().max() < 1e-5


def test_what_a_source_does_not_know_teaches_nothing():
    logits = torch.zeros(3, 4, requires_grad=True)
    other = torch.zeros(3, 4, requires_grad=True)
    target, weight = torch.ones(3, 4), torch.ones(3, 4)
    weight[:, 2] = 0
    learn.loss(logits, other, target, weight, learn.presence(target)).backward()
    assert (logits.grad[:, 2] == 0).all() and (other.grad[:, 2] == 0).all()
    assert (logits.grad[:, 0] != 0).all() and (other.grad[:, 0] != 0).all()


def test_the_area_counts_pairs():
    rng = np.random.default_rng(3)
    scores, positive = rng.integers(0, 9, 60) / 8, rng.random(60) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    assert learn.area(scores, positive) == pytest.approx(np.mean(pairs))
    assert np.isnan(learn.area(scores, np.zeros(60)))


def test_a_threshold_tells_best():
    scores = np.array([0.9, 0.8, 0.7, 0.4, 0.35, 0.3, 0.1])
    positive = np.array([1, 1, 1, 0, 1, 0, 0])
    assert learn.threshold(scores, positive) == pytest.approx(0.55)
    assert learn.threshold(np.array([0.9, 0.2]), np.array([1, 0])) == pytest.approx(0.55)
    # Equal scores are on one side.
    assert learn.threshold(np.array([0.6, 0.6, 0.2, 0.2]), np.array([1, 1, 1, 0])) == pytest.approx(0.4)


def test_smiles_less_the_person_are_of_the_person():
    n = 10
    neutral = np.tile(np.linspace(-9, 9, n)[:, None], (1, len(learn.LABELS)))
    as_it_is, less = measure.smiles(neutral, neutral + 0.5)["12"]
    assert as_it_is < 0.6 and less == 1


def test_nobody_of_acceptance_is_in_the_other_splits():
    if not crops.RENDERS.is_dir():
        pytest.skip("the renders are not here")
    kept = {"130", "131", "132", *(str(n) for n in range(134, 145)), "172", "173"}
    assert set(crops.people("test")) == kept
    assert not kept & (set(crops.people("train")) | set(crops.people("val")))
    for source in ("renders", "clips", "neutral", "smiling"):
        for name, _, _ in crops.pictures(source, ["train", "val"]) if source in ("neutral", "smiling") else ():
            assert name[:3] not in kept
    assert not any(name[:3] in set(crops.people("train")) for name, _, _ in crops.pictures("smiling", ["train", "val"]))


def test_a_packed_member_answers_as_it_did():
    from network import Network

    torch.manual_seed(4)
    network = Network(crops.TEXT["networks"]["motion"]).eval()
    tensors = pack.member_tensors("motion", network)
    again = Network(crops.TEXT["networks"]["motion"]).eval()
    again.load_weights({name: value.astype(np.float32) for name, value in tensors.items()}, "motion/")
    inputs = torch.randn(2, 20, *crops.SIZE)
    with torch.no_grad():
        for a, b in zip(network(inputs), again(inputs)):
            assert (a - b).abs().max() < 2e-3


def test_a_feature_given_to_smiles_moves_no_other_unit():
    import smiles
    from network import Network

    torch.manual_seed(6)
    network = Network(crops.TEXT["networks"]["still"]).eval()
    with torch.no_grad():
        network.layers[network.names.index("fc1")].bias[7] = -1e3
    rng = np.random.default_rng(6)
    faces = rng.integers(90, 110, (80, *crops.SIZE)).astype(np.uint8)
    smile = (np.arange(80) % 2).astype(np.float32)
    faces[smile > 0, 60:75, 20:44] += 80
    inputs = learn.normalised(torch.from_numpy(faces).float())
    before = learn.answers(network, inputs)
    smiles.teach(network, {"known": (faces, smile, smile, smile)}, torch.Generator().manual_seed(6))
    after = learn.answers(network, inputs)
    others = np.arange(len(learn.LABELS)) != smiles.UNIT
    for was, now in zip(before, after):
        assert (was[:, others] == now[:, others]).all()
        assert now[smile > 0, smiles.UNIT].min() > now[smile < 1, smiles.UNIT].max()


def test_a_network_without_a_resting_feature_is_refused():
    import smiles
    from network import Network

    network = Network(crops.TEXT["networks"]["still"]).eval()
    with torch.no_grad():
        network.layers[network.names.index("fc1")].bias[:] = 1e3
    faces = np.random.default_rng(7).integers(0, 255, (8, *crops.SIZE)).astype(np.uint8)
    whole = np.zeros(8, np.float32)
    with pytest.raises(SystemExit):
        smiles.teach(network, {"known": (faces, whole, whole, whole)}, torch.Generator().manual_seed(7))


def test_the_teacher_says_what_it_knows_and_no_more():
    one = teacher.Teacher.__new__(teacher.Teacher)
    one.sound = {"12": (0.1, 0.5), "46L": (0.0, 0.5), "46R": (0.0, 0.5)}
    names = sorted({shape for shapes in teacher.MEANS.values() for shape in shapes} - {"gap"})
    shapes = np.zeros((2, len(names)), np.float32)
    shapes[0, names.index("mouthSmileLeft")], shapes[0, names.index("mouthSmileRight")] = 0.3, 0.4
    shapes[1, names.index("eyeBlinkLeft")] = 0.4
    read = {"names": ["a", "b"], "blendshapes": shapes, "blendshape_names": names, "gap": np.zeros(2, np.float32)}
    target, weight = one.targets(read)
    known = {learn.LABELS[i] for i in np.flatnonzero(weight.any(0))}
    assert known == {"12", "46", "46L", "46R"}
    at = {label: learn.LABELS.index(label) for label in known}
    assert target[:, at["12"]] == pytest.approx([0.5, 0])
    assert target[1, [at["46L"], at["46R"], at["46"]]] == pytest.approx([0.8, 0, 0.8])


def test_a_face_smiles_as_likely_as_people_call_it_happy(monkeypatch):
    neutral, happy = np.array([0, 5, 10]), np.array([9, 2, 0])
    monkeypatch.setattr(teacher, "counts", lambda read: (neutral, happy))
    at, other = learn.LABELS.index("12"), learn.LABELS.index("15")
    taught = np.full((3, len(learn.LABELS)), 0.5, np.float32)
    weight = np.zeros_like(taught)
    target, counted, likely = teacher.voted(None, taught, weight, taught, smiles=True)
    assert np.allclose(likely[:, at], [0.9, 0.2, 0.0]) and (counted[:, at] == teacher.VOTES).all()
    assert np.allclose(target[:, at], [0.5, 0.2, 0.0])
    assert (taught == 0.5).all() and (weight == 0).all(), "what is given stays"
    # Only whom eight of ten call neutral is known to show nothing else.
    assert (counted[:, other] > 0).tolist() == [False, False, True]
    assert np.array_equal(teacher.voted(None, taught, weight, taught, smiles=False)[2], taught)


def test_a_mirrored_stack_moves_the_other_way():
    import motion

    stacks = torch.full((64, 20, *crops.SIZE), 128, dtype=torch.uint8)
    stacks[:, 0::2] = 152
    stacks[:, 1::2] = 140
    found, mirrored = motion.views(stacks, torch.Generator().manual_seed(5))
    across, down = found[:, 0::2].mean((1, 2, 3)) - 128, found[:, 1::2].mean((1, 2, 3)) - 128
    assert found.shape == stacks.shape and ((across < 0) == mirrored).all() and (down > 5).all()
    assert torch.allclose(across.abs() / down, torch.tensor(2.0), atol=1e-3)
