"""ResNets: the Caffe ResNet-101 of He et al. (stride on the first 1x1, pool unpadded, sizes up), and torchvision's 101 and 18.

No convolution has a bias; BatchNorm and Scale of Caffe are one batch normalisation.
"""

from graph import Graph


def caffe_blocks(count, numbered):
    """The published block letters of a stage: a, b, c or a, b1, b2, ..."""
    return ["a", *(f"b{i}" for i in range(1, count))] if numbered else list("abc")[:count]


def caffe_101(seed, classes=7):
    g = Graph([3, 224, 224], classes, seed)

    def conv_norm(layer, x, *arguments):
        return g.norm(f"bn{layer}", g.conv(f"res{layer}", x, *arguments, bias=False))

    x = g.relu("conv1_relu", g.norm("bn_conv1", g.conv("conv1", "data", 64, 7, 2, 3, bias=False)))
    x = g.max_pool("pool1", x, 3, 2)
    for stage, (count, width) in enumerate([(3, 64), (4, 128), (23, 256), (3, 512)], 2):
        for block in caffe_blocks(count, count > 3):
            name, stride = f"{stage}{block}", 2 if block == "a" and stage > 2 else 1
            identity = conv_norm(f"{name}_branch1", x, 4 * width, 1, stride) if block == "a" else x
            x = g.relu(f"res{name}_branch2a_relu", conv_norm(f"{name}_branch2a", x, width, 1, stride))
            x = g.relu(f"res{name}_branch2b_relu", conv_norm(f"{name}_branch2b", x, width, 3, 1, 1))
            x = conv_norm(f"{name}_branch2c", x, 4 * width, 1)
            x = g.relu(f"res{name}_relu", g.add(f"res{name}", identity, x))
    g.softmax("prob", g.dense("fc", g.average("pool5", x), classes))
    return g


def torchvision(seed, counts, bottleneck, classes=7):
    g = Graph([3, 224, 224], classes, seed)
    x = g.relu("relu", g.norm("bn1", g.conv("conv1", "data", 64, 7, 2, 3, bias=False)))
    x = g.max_pool("maxpool", x, 3, 2, 1, caffe=False)
    for layer, count in enumerate(counts, 1):
        width = 32 << layer
        for block in range(count):
            name, stride, identity = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1, x
            if bottleneck:
                convs = [(width, 1, 1, 0), (width, 3, stride, 1), (4 * width, 1, 1, 0)]
            else:
                convs = [(width, 3, stride, 1), (width, 3, 1, 1)]
            for i, arguments in enumerate(convs, 1):
                x = g.norm(f"{name}.bn{i}", g.conv(f"{name}.conv{i}", x, *arguments, bias=False))
                if i < len(convs):
                    x = g.relu(f"{name}.relu{i}", x)
            if g.shapes[identity] != g.shapes[x]:
                shortcut = g.conv(f"{name}.downsample.0", identity, convs[-1][0], 1, stride, bias=False)
                identity = g.norm(f"{name}.downsample.1", shortcut)
            x = g.relu(f"{name}.relu", g.add(f"{name}.add", x, identity))
    g.softmax("prob", g.dense("fc", g.average("avgpool", x), classes))
    return g


NETWORKS = {
    "resnet101_caffe": caffe_101,
    "resnet101": lambda seed: torchvision(seed, (3, 4, 23, 3), True),
    "resnet18": lambda seed: torchvision(seed, (2, 2, 2, 2), False),
}
