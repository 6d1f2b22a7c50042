"""Frames of videos: those of the command line, one at a time."""

import shutil
import subprocess
import warnings

import moue
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def clip(tmp_path_factory, pixels):
    """An animated picture, which needs no ffmpeg: a face that moves, at uneven times."""
    path = tmp_path_factory.mktemp("video") / "clip.png"
    frames = [Image.fromarray(np.ascontiguousarray(pixels[:224, 60 + 4 * at : 316 + 4 * at])) for at in range(12)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[40, 40, 120] * 4)
    return path


@pytest.mark.parametrize("options", [{}, {"every": 3, "smooth": 0.5}])
def test_frames_are_the_command_lines(program, clip, options):
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    *frames, end = program("analyze", clip, "--json", "--actions", "--device", "cpu", *flags)
    video = moue.Recognizer("cpu", actions=True).analyze_video(clip, **options)
    assert [frame.to_dict() for frame in video] == frames
    assert video.summary == end and end["schema"] == "moue.video/1" and end["tracks"] == 1


def test_pictures_can_be_read_between_two_frames(recognizer, clip, pixels):
    times = []
    for frame in recognizer.analyze_video(clip):
        times.append((frame.frame, frame.timestamp))
        assert recognizer.analyze(pixels).faces[0].label == "happy" == frame.faces[0].label
        assert frame.faces[0].track == 0 and frame.faces[0].crop is not None
    assert len(times) == 12 and times[:4] == [(0, 0.0), (1, 0.04), (2, 0.08), (3, 0.2)]


def test_who_leaves_early_leaves_nothing_behind(recognizer, clip):
    for _ in range(3):
        with recognizer.analyze_video(clip) as video:
            next(video)
        assert list(video) == [] and "ended" in repr(video)


def test_what_is_no_video_is_an_error(recognizer, tmp_path):
    for path, code in [(tmp_path / "none.mp4", "io"), (tmp_path / "text.mp4", "video")]:
        if code == "video":
            path.write_text("no video")
        with pytest.raises(moue.Error) as raised:
            list(recognizer.analyze_video(path))
        assert raised.value.code == code
    with pytest.raises(moue.Error) as raised:
        recognizer.analyze_video(tmp_path, every=0)
    assert raised.value.code == "argument"


def test_ffmpeg_of_the_package_is_found(recognizer, pixels, tmp_path, monkeypatch):
    """moue[video]: where the path has none."""
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    Image.fromarray(pixels).save(tmp_path / "one.png")
    made = tmp_path / "clip.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-loop", "1", "-i", tmp_path / "one.png", "-frames:v", "6", made]
    subprocess.run(command, check=True)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("MOUE_FFMPEG", raising=False)
    assert shutil.which("ffmpeg") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [frame.faces[0].label for frame in recognizer.analyze_video(made)] == ["happy"] * 6
