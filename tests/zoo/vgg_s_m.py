"""VGG_S (CNN_S) and VGG_M (CNN_M) of Chatfield et al., and the EmotiW VGG_S as its prototxt has it.

The EmotiW network differs from VGG_S in four facts: k = 1 in the LRN, conv2 pad 2, fc6 and fc7 of 4048, and the last layer's name
fc8_cat (its tensor is fc8).
"""

from graph import Graph


def features(g, k, conv2_pad, m):
    """Layers conv1 .. pool5; `m`: VGG_M."""
    x = g.relu("relu1", g.conv("conv1", "data", 96, 7, 2))
    x = g.max_pool("pool1", g.lrn("norm1", x, alpha=5e-4, k=k), 3, 2 if m else 3)
    x = g.relu("relu2", g.conv("conv2", x, 256, 5, 2 if m else 1, conv2_pad))
    x = g.max_pool("pool2", g.lrn("norm2", x, alpha=5e-4, k=k), 3, 2) if m else g.max_pool("pool2", x, 2, 2)
    for i in (3, 4, 5):
        x = g.relu(f"relu{i}", g.conv(f"conv{i}", x, 512, 3, 1, 1))
    return g.max_pool("pool5", x, 3, 2 if m else 3)


def network(seed, classes=7, k=2.0, conv2_pad=0, m=False, fc6=4096, fc7=4096, last="fc8"):
    g = Graph([3, 224, 224], classes, seed)
    x = features(g, k, conv2_pad, m)
    x = g.relu("relu6", g.dense("fc6", x, fc6))
    x = g.relu("relu7", g.dense("fc7", x, fc7))
    g.softmax("prob", g.dense("fc8", x, classes, weights=last))
    return g


NETWORKS = {
    "vgg_s": network,
    "vgg_s_emotiw": lambda seed: network(seed, k=1.0, conv2_pad=2, fc6=4048, fc7=4048, last="fc8_cat"),
    "vgg_m_2048": lambda seed: network(seed, m=True, conv2_pad=1, fc7=2048),
    "vgg_m_4096": lambda seed: network(seed, m=True, conv2_pad=1),
}
