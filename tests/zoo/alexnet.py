"""AlexNet as BVLC published it (normalise, then pool), CaffeNet (pool, then normalise), the fine-tuned spatial stream, and one-vs-all."""

from graph import Graph


def features(g, pool_first):
    """Layers conv1 .. pool5."""
    x = "data"
    for i, (channels, kernel, stride, pad, groups) in enumerate([(96, 11, 4, 0, 1), (256, 5, 1, 2, 2)], 1):
        x = g.relu(f"relu{i}", g.conv(f"conv{i}", x, channels, kernel, stride, pad, groups))
        if pool_first:
            x = g.lrn(f"norm{i}", g.max_pool(f"pool{i}", x, 3, 2))
        else:
            x = g.max_pool(f"pool{i}", g.lrn(f"norm{i}", x), 3, 2)
    for i, channels, groups in ((3, 384, 1), (4, 384, 2), (5, 256, 2)):
        x = g.relu(f"relu{i}", g.conv(f"conv{i}", x, channels, 3, 1, 1, groups))
    return g.max_pool("pool5", x, 3, 2)


def network(seed, classes=7, fc7=4096, pool_first=False, sigmoid=False):
    g = Graph([3, 227, 227], classes, seed)
    x = features(g, pool_first)
    x = g.relu("relu6", g.dense("fc6", x, 4096))
    x = g.relu("relu7", g.dense("fc7", x, fc7))
    x = g.dense("fc8", x, classes)
    g.sigmoid("prob", x) if sigmoid else g.softmax("prob", x)
    return g


def one_vs_all(seed, units=37, width=512):
    """The trunk once, as only the last two layers were trained, and for every unit fc7 of 512 and fc8 of 2: its softmax's second value."""
    g = Graph([3, 227, 227], units, seed)
    x = g.relu("relu6", g.dense("fc6", features(g, pool_first=False), 4096))
    x = g.relu("relu7", g.dense("fc7", x, units * width))
    x = g.conv("fc8", g.reshape("fc7_units", x, [units * width, 1, 1]), 2 * units, 1, groups=units)
    x = g.transpose("fc8_pairs", g.reshape("fc8_units", x, [units, 2]))
    x = g.slice("present", g.softmax("pairs", x), 1, 1)
    g.reshape("prob", x, [units])
    return g


NETWORKS = {
    "alexnet": network,
    "caffenet": lambda seed: network(seed, pool_first=True),
    "one_vs_all": one_vs_all,
    "an_finetune": lambda seed: network(seed, classes=37, fc7=512, sigmoid=True),
}
