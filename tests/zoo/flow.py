"""The temporal stream of the two-stream system: ten stacked flows, x and y interleaved."""

from graph import Graph


def network(seed):
    g = Graph([20, 227, 227], 37, seed)
    x = "data"
    for i, (channels, kernel, stride, pad, groups) in enumerate([(96, 7, 2, 0, 1), (256, 5, 2, 2, 2)], 1):
        x = g.relu(f"relu{i}", g.conv(f"conv{i}", x, channels, kernel, stride, pad, groups))
        x = g.lrn(f"norm{i}", g.max_pool(f"pool{i}", x, 2, 2))
    for i, groups in ((3, 1), (4, 2), (5, 2)):
        x = g.relu(f"relu{i}", g.conv(f"conv{i}", x, 512, 3, 1, 1, groups))
    x = g.max_pool("pool5", x, 2, 2)
    x = g.relu("relu6", g.dense("fc6", x, 4096))
    x = g.relu("relu7", g.dense("fc7", x, 2048))
    g.sigmoid("prob", g.dense("fc8", x, 37))
    return g


NETWORKS = {"flow": network}
