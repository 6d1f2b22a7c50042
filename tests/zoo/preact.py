"""PreActResNet-18: no convolution has a bias, no normalisation follows the last block; the average is over the whole picture."""

from graph import Graph


def network(seed, classes=7):
    """With `classes` None the last layer is the embedding of 64."""
    g = Graph([3, 48, 48], classes, seed)
    x = g.conv("conv1", "data", 64, 3, 1, 1, bias=False)
    for layer in range(1, 5):
        width = 32 << layer
        for block in range(2):
            name, stride, identity = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1, x
            x = g.relu(f"{name}.relu1", g.norm(f"{name}.bn1", x))
            if stride > 1 or g.shapes[x][1] != width:
                identity = g.conv(f"{name}.shortcut.0", x, width, 1, stride, bias=False)
            x = g.conv(f"{name}.conv1", x, width, 3, stride, 1, bias=False)
            x = g.relu(f"{name}.relu2", g.norm(f"{name}.bn2", x))
            x = g.add(f"{name}.add", g.conv(f"{name}.conv2", x, width, 3, 1, 1, bias=False), identity)
    x = g.average("avgpool", x)
    if classes is None:
        g.dense("embedding", x, 64)
    else:
        g.softmax("prob", g.dense("fc", x, classes))
    return g


NETWORKS = {"preactresnet18": network, "preactresnet18_embedding": lambda seed: network(seed, None)}
