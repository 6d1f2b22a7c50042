"""CVGG13 of FER+ on one gray channel, and its embedding head 4096 -> 1024 -> 64."""

from graph import Graph


def network(seed, classes=8):
    """With `classes` None the embedding of 64 follows fc5 and its ReLU."""
    g = Graph([1, 64, 64], classes, seed)
    x = "data"
    for block, (channels, count) in enumerate([(64, 2), (128, 2), (256, 3), (256, 3)], 1):
        for i in range(1, count + 1):
            x = g.relu(f"relu{block}_{i}", g.conv(f"conv{block}_{i}", x, channels, 3, 1, 1))
        x = g.max_pool(f"pool{block}", x, 2, 2)
    x = g.relu("relu5", g.dense("fc5", x, 1024))
    if classes is None:
        g.dense("embedding", x, 64)
    else:
        x = g.relu("relu6", g.dense("fc6", x, 1024))
        g.softmax("prob", g.dense("fc7", x, classes))
    return g


NETWORKS = {"cvgg13": network, "cvgg13_embedding": lambda seed: network(seed, None)}
