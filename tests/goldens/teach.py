"""What scikit-learn's LogisticRegression answers on problems as `moue teach` has them: writes teach.json, which tests/networks/teach.rs holds moue's solution against.

    pip install numpy scikit-learn
    python tests/goldens/teach.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

# Faces, features, labels in turn, and the strength of the penalty.
CASES = [
    (60, 20, [0, 0, 0, 1, 1, 2, 3], 0.1),
    (60, 20, [0, 0, 0, 1, 1, 2, 3], 0.001),
    (80, 300, [0, 1, 2, 3], 1.0),
    (80, 300, [0, 1, 2, 3], 0.003),
    (40, 30, [0, 1, 1], 0.03),
    (700, 50, [0, 1, 2, 2, 3, 4, 4, 4], 0.01),
]


def problem(count, width, turns):
    """Numbers of 0 to 1.25 that f32 holds exactly, many of them 0, as after a ReLU, and one that is the same for all."""
    state, features, labels = 1, np.zeros((count, width), np.float32), []
    for at in range(count):
        label = turns[at % len(turns)]
        labels.append(label)
        for i in range(width):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            value = (state >> 48) / 65536 - 0.25 + (0.25 if i % (max(turns) + 1) == label else 0)
            features[at, i] = 0.5 if i == 7 else max(value, 0)
    return features, np.array(labels)


def objective(x, y, weight, bias, strength):
    """As src/teach/logistic.rs states it."""
    logits = x @ weight.T + bias
    most = logits.max(1, keepdims=True)
    losses = np.log(np.exp(logits - most).sum(1)) - (logits - most)[np.arange(len(y)), y]
    balance = len(y) / (weight.shape[0] * np.bincount(y)[y])
    return float((balance * losses).mean() + strength / 2 * (weight**2).sum())


def main():
    cases = []
    for count, width, turns, strength in CASES:
        features, y = problem(count, width, turns)
        x = StandardScaler().fit_transform(features.astype(np.float64))
        two = max(turns) == 1
        # Of two labels scikit-learn has one row, of which moue has half and its negative: half the penalty.
        c = (2 if two else 1) / (strength * count)
        model = LogisticRegression(C=c, class_weight="balanced", solver="newton-cg", tol=1e-12, max_iter=100_000).fit(x, y)
        weight, bias = model.coef_, model.intercept_
        if two:
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        cases.append({
            "faces": count, "features": width, "labels": turns, "strength": strength,
            "objective": objective(x, y, weight, bias, strength), "first": (x @ weight.T + bias)[0].tolist(),
        })
    text = json.dumps({"scikit_learn": sklearn.__version__, "cases": cases}, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
