"""The figures and pictures of models/default/README.md: `python card.py`. For final figures, never for a choice.

What figures.json has of this model is not measured again. Measures models/default/default.safetensors and, for comparison, models/fer2013/fer2013.safetensors on FER2013's PublicTest by the votes of FER+, undisturbed and under
every disturbance of disturb.py, the former on the validation split too, and by the program `moue` both on the portraits of the London set; writes
models/default/card/figures.json and the pictures beside it, and fills the tables between the `figures` marks of models/default/README.md.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch

import data
import votes
from disturb import DISTURBANCES
from figures import drawings, london, measure, tables
from model import Model

MODELS = Path(__file__).resolve().parents[1]
DEFAULT = MODELS / "default" / "default.safetensors"
CARD = MODELS / "default" / "card"
BEFORE = MODELS / "fer2013" / "fer2013.safetensors"


class Figures:
    """card/figures.json, part by part: what is there of this model, and under `before` of the one before it, is not measured again."""

    def __init__(self, path, model, before):
        self.path = path
        kept = json.loads(path.read_text()) if path.is_file() else {}
        digest, earlier = (hashlib.sha256(file.read_bytes()).hexdigest() for file in (model, before))
        self.found = kept if kept.get("model") == digest else {"model": digest, "before": kept.get("before", {})}
        if self.found.setdefault("before", {}).get("model") != earlier:
            self.found["before"] = {"model": earlier}

    def part(self, *names, measured):
        """The part under these names, by `measured` where it is not there."""
        at = self.found
        for name in names[:-1]:
            at = at.setdefault(name, {})
        if names[-1] not in at:
            at[names[-1]] = measured()
            self.path.with_suffix(".part").write_text(json.dumps(self.found) + "\n")
            self.path.with_suffix(".part").replace(self.path)


def fill_in(figures, model, before, program):
    """Measures what figures.json has not."""
    training = votes.Training()
    held_out = training.validation
    faces, of = training.faces[held_out], training.votes.of(held_out)
    names, files, labels = data.read_files(data.FER2013 / "public_test.tar.gz")
    public = data.gray_faces(files), votes.Votes("public", names)
    figures.part("members", measured=lambda: [m["name"] for m in model.text["members"]])
    figures.part("london", measured=lambda: london.measure(program))
    figures.part("before", "london", measured=lambda: london.measure(program, BEFORE))
    figures.part("validation", measured=lambda: measure.measure(model, faces, of, training.labels[held_out]))
    figures.part("public_test", measured=lambda: measure.measure(model, *public, labels))
    figures.part("before", "public_test", measured=lambda: measure.measure(before, *public, labels))
    # Curves of many runs: bf16 products, which processors that have them do several times as fast.
    with torch.autocast("cpu", torch.bfloat16):
        figures.part("oversample", measured=lambda: measure.oversampled(model, faces[::3], training.votes.of(held_out[::3])))
        for name in DISTURBANCES:
            figures.part("disturbed", name, measured=lambda: measure.disturbed(model, *public, name))
            figures.part("before", "disturbed", name, measured=lambda: measure.disturbed(before, *public, name))


def fill(found):
    """Replace what stands between `<!-- figures: NAME -->` and `<!-- end -->` in the card."""
    path = MODELS / "default" / "README.md"
    card = path.read_text()
    for name, table in found.items():
        begin = f"<!-- figures: {name} -->\n"
        if begin not in card:
            raise SystemExit(f"{path} has no mark `{begin.strip()}`")
        head, rest = card.split(begin, 1)
        card = head + begin + table + "\n" + rest[rest.index("<!-- end -->") :]
    path.write_text(card)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=MODELS.parent / "target/release/moue", help="the program `moue`, built in release")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--draw-only", action="store_true", help="draw and fill again from models/default/card/figures.json")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    CARD.mkdir(exist_ok=True)
    model = Model.load(DEFAULT)
    figures = Figures(CARD / "figures.json", DEFAULT, BEFORE)
    if not options.draw_only:
        fill_in(figures, model, Model.load(BEFORE), options.program)
    found = figures.found
    names, validation, public, before = found["members"], found["validation"], found["public_test"], found["before"]
    drawings.draw_confusion(public["confusion"], CARD)
    drawings.draw_reliability(public, CARD)
    drawings.draw_importance(model.text, CARD)
    drawings.draw_curves(found["disturbed"], before["disturbed"], names, ["gamma"], CARD / "gamma.svg", 1, lowest=60)
    drawings.draw_curves(found["disturbed"], before["disturbed"], names, [t for t in DISTURBANCES if t != "gamma"], CARD / "robustness.svg", 3)
    drawings.draw_groups(found["london"], CARD)
    fill(
        {
            "accuracy": tables.accuracy(model.text, validation, public, before["public_test"]),
            "agreement": tables.agreement(validation, public, before["public_test"]),
            "classes": tables.classes(public["confusion"]),
            "oversample": tables.oversample(found["oversample"], names),
            "calibration": tables.calibration(validation, public, before["public_test"]),
            "unsure": tables.unsure(validation, public),
            "gamma": tables.levels(found["disturbed"], names, "gamma"),
            "disturbed": tables.before_and_after(found["disturbed"], before["disturbed"]),
            "london": tables.london(found["london"], before["london"]),
        }
    )


if __name__ == "__main__":
    main()
