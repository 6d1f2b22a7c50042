"""The package: its types, its command line, its notebook."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import moue
import pytest

ROOT = Path(__file__).parents[2]
PYRIGHT = "pyright@1.1.414"
# What a caller writes, and the types that come out.
CALLER = """
import moue
from typing import assert_type

recognizer = moue.Recognizer("cpu", landmarks=68)
for one in recognizer.analyze(["a.jpg", b""]):
    assert_type(one, moue.Analysis)
    for face in one.faces:
        assert_type(face.box, tuple[int, int, int, int])
        assert_type(face.probabilities, dict[str, float])
for frame in recognizer.analyze_video("a.mp4"):
    assert_type(frame.timestamp, float)
assert_type(recognizer.table([]), moue.Table)
try:
    pass
except moue.Error as error:
    assert_type(error.code, str)
"""


def installed():
    return Path(moue.__file__).parent


def test_mypy_and_pyright_agree_with_the_types(tmp_path):
    caller = tmp_path / "caller.py"
    # assert_type is of Python 3.11.
    caller.write_text(CALLER)
    config = ROOT / "python/pyproject.toml"
    mypy = [sys.executable, "-m", "mypy", "--config-file", config, "--cache-dir", tmp_path / "mypy"]
    subprocess.run([*mypy, ROOT / "python/moue"], check=True)
    subprocess.run([*mypy, caller], check=True)
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("pyright needs npx, which is not there")
    ran = subprocess.run(
        [npx, "--yes", PYRIGHT, "--pythonpath", sys.executable, caller, installed()], stdout=subprocess.PIPE, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_the_command_line_is_in_the_package(portrait, tmp_path):
    def run(*arguments):
        return subprocess.run([sys.executable, "-m", "moue", *arguments], capture_output=True, text=True, check=False)

    version = run("--version")
    assert (version.returncode, version.stdout.strip()) == (0, f"moue {moue.__version__}")
    good = run("analyze", str(portrait), "--device", "cpu", "--json")
    assert good.returncode == 0 and json.loads(good.stdout)["faces"][0]["label"] == "happy"
    assert run("analyze", str(tmp_path / "none.png"), "--device", "cpu").returncode == 1
    wrong = run("analyze", "--device")
    assert wrong.returncode == 2 and "--device" in wrong.stderr
    script = Path(sys.executable).parent / ("moue.exe" if os.name == "nt" else "moue")
    assert subprocess.run([script, "--version"], capture_output=True, text=True, check=True).stdout == version.stdout


def test_the_notebook_runs(monkeypatch):
    """Every cell, in order; what its last line says is shown as a notebook would."""
    notebook = json.loads((ROOT / "python/examples/portrait.ipynb").read_text())
    monkeypatch.chdir(ROOT / "python/examples")
    monkeypatch.setenv("MOUE_DEVICE", "cpu")
    names, shown = {}, []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        assert not cell["outputs"], "outputs are not kept"
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
    html = [one._repr_html_() for one in shown if hasattr(one, "_repr_html_")]
    assert any("data:image/png" in one and "happy" in one for one in html)
