"""VGG16, configuration D of Simonyan and Zisserman."""

from graph import Graph


def network(seed, classes=7):
    g = Graph([3, 224, 224], classes, seed)
    x = "data"
    for block, (channels, count) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)], 1):
        for i in range(1, count + 1):
            x = g.relu(f"relu{block}_{i}", g.conv(f"conv{block}_{i}", x, channels, 3, 1, 1))
        x = g.max_pool(f"pool{block}", x, 2, 2)
    x = g.relu("relu6", g.dense("fc6", x, 4096))
    x = g.relu("relu7", g.dense("fc7", x, 4096))
    g.softmax("prob", g.dense("fc8", x, classes))
    return g


NETWORKS = {"vgg16": network}
