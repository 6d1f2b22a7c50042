"""Write the TensorFlow Lite files with what LiteRT computes of them, and those to be refused: tflite.safetensors."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from tflite_cases import REFUSED
from tflite_graph import CASES, outside, run

HERE = Path(__file__).parent


def main():
    tensors = {}
    for name, build in CASES.items():
        graph = build()
        source = graph.bytes()
        assert len(source) < 20_000, name
        found = run(source, graph.feeds)
        tensors[f"{name}/model"] = np.frombuffer(source, np.uint8)
        tensors |= {f"{name}/in/{key}": outside(value) for key, value in graph.feeds.items()}
        tensors |= {f"{name}/out/{key}": outside(value) for key, value in found.items()}
    tensors |= {f"refused/{name}/model": np.frombuffer(build().bytes(), np.uint8) for name, build in REFUSED.items()}
    save_file(dict(sorted(tensors.items())), HERE / "tflite.safetensors")
    print(len(CASES), "cases,", len(REFUSED), "refused")


if __name__ == "__main__":
    main()
