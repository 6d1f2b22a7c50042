"""The faces of a folder or bucket of pictures, as Parquet: python examples/ray_folder.py photos/ faces/"""

import sys

import moue.ray
import pyarrow.dataset
import ray

pictures, faces = sys.argv[1:]
ray.init(ignore_reinit_error=True)
gpus = int(ray.cluster_resources().get("GPU", 0))

found = moue.ray.analyze(pictures, actors=gpus or 2, gpus_per_actor=1 if gpus else 0)
found.write_parquet(faces, mode="overwrite")

rows = pyarrow.dataset.dataset(faces).to_table(columns=["key", "label", "error"])
print(rows["label"].value_counts())
for row in rows.to_pylist():
    if row["error"]:
        print(row["key"], row["error"])
