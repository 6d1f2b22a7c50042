"""Write tests/goldens/: `python goldens.py`. The index is goldens.json; paths in it are relative to the repository root.

The crops and the codes come from exact.py, not from preprocess.py, which is tested against them.
Representations and members are those of models/default/default.safetensors.
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save

import golden_codes
import golden_crops
import golden_eight_bits
import golden_exif
import golden_model
import golden_turns

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "tests/goldens"


def one_case_a_line(index):
    """JSON of the index with each case on a line of its own."""

    def entry(key, value):
        if isinstance(value, list):
            return f'    {json.dumps(key)}: [\n' + ",\n".join("      " + json.dumps(case) for case in value) + "\n    ]"
        return f"    {json.dumps(key)}: {json.dumps(value)}"

    parts = (f"  {json.dumps(name)}: {{\n" + ",\n".join(entry(k, v) for k, v in part.items()) + "\n  }" for name, part in index.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    parts = {"crops": golden_crops.make, "turns": golden_turns.make, "codes": golden_codes.make, "exif": golden_exif.make}
    parts["eight_bits"] = golden_eight_bits.make
    if (ROOT / "models/default/default.safetensors").exists():
        parts.update({"representations": golden_model.make_representations, "members": golden_model.make_members})
    else:
        print("models/default/default.safetensors is missing: no goldens of representations and members")
    index = {}
    for name, make in parts.items():
        tensors, index[name] = make(ROOT)
        path = GOLDENS / index[name]["file"]
        path.write_bytes(save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, index[name].pop("metadata", None)))
        print(f"{name}: {len(index[name]['cases'])} cases")
    (GOLDENS / "goldens.json").write_text(one_case_a_line(index))


if __name__ == "__main__":
    main()
