"""GoogLeNet as BVLC published it, the main branch only."""

from graph import Graph

INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def unit(g, prefix, name, x, channels, kernel, stride=1, pad=0):
    """A convolution `prefix`/`name` and its ReLU `prefix`/relu_`name`."""
    return g.relu(f"{prefix}/relu_{name}", g.conv(f"{prefix}/{name}", x, channels, kernel, stride, pad))


def inception(g, prefix, x, one, reduce_3, three, reduce_5, five, projection):
    branches = [
        unit(g, prefix, "1x1", x, one, 1),
        unit(g, prefix, "3x3", unit(g, prefix, "3x3_reduce", x, reduce_3, 1), three, 3, 1, 1),
        unit(g, prefix, "5x5", unit(g, prefix, "5x5_reduce", x, reduce_5, 1), five, 5, 1, 2),
        unit(g, prefix, "pool_proj", g.max_pool(f"{prefix}/pool", x, 3, 1, 1), projection, 1),
    ]
    return g.concat(f"{prefix}/output", branches)


def network(seed, classes=7):
    g = Graph([3, 224, 224], classes, seed)
    x = g.relu("conv1/relu_7x7", g.conv("conv1/7x7_s2", "data", 64, 7, 2, 3))
    x = g.lrn("pool1/norm1", g.max_pool("pool1/3x3_s2", x, 3, 2))
    x = unit(g, "conv2", "3x3", unit(g, "conv2", "3x3_reduce", x, 64, 1), 192, 3, 1, 1)
    x = g.max_pool("pool2/3x3_s2", g.lrn("conv2/norm2", x), 3, 2)
    for name, widths in INCEPTIONS.items():
        x = inception(g, f"inception_{name}", x, *widths)
        if name in ("3b", "4e"):
            x = g.max_pool(f"pool{name[0]}/3x3_s2", x, 3, 2)
    x = g.average("pool5/7x7_s1", x)
    g.softmax("prob", g.dense("loss3/classifier", x, classes))
    return g


NETWORKS = {"googlenet": network}
