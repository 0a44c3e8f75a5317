"""The detail branch: PicoDet-S (backbone, neck, class scores; PaddleDetection, Apache-2.0) at 448 x 448, trained further, for DeepLens to read.

`write_graph` cuts the detector down to what is wanted (RUNS/detail.onnx), onnx2torch makes a trainable module of that.
"""
import functools
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import data as D
from depthwise import faster

CHANNELS, CLASSES = 96, 80
SIZE = 448


def write_graph(data, path=None):
    """The detector's graph without boxes: pixels normalised [B, 3, 448, 448] -> the neck's four maps (strides 8, 16, 32, 64) and the logits of 80 classes at strides 16 and 32
    (those at stride 8 would cost a fifth of the time)."""
    import onnx
    from onnx import helper, numpy_helper
    path = path or os.path.join(D.RUNS, "detail.onnx")
    model = onnx.load(os.path.join(data, "detector", "picodet_s_416_coco.onnx"))
    graph, makers = model.graph, {}
    for node in graph.node:
        makers.update({name: node for name in node.output})
    weights = {i.name for i in graph.initializer}
    # x * Clip(x + 3, 0, 6) / 6 -> x * HardSigmoid(x)
    for node in list(graph.node):
        if node.op_type == "Div" and node.output[0].startswith("hardswish"):
            mul = makers[node.input[0]]
            x, clip = mul.input[0], makers[mul.input[1]]
            gate = helper.make_node("HardSigmoid", [x], [node.output[0] + "_gate"], alpha=1 / 6, beta=0.5)
            new = helper.make_node("Mul", [x, gate.output[0]], [node.output[0]])
            at = list(graph.node).index(node)
            for gone in (makers[clip.input[0]], clip, mul, node):
                graph.node.remove(gone)
            graph.node.insert(at - 3, gate)
            graph.node.insert(at - 2, new)
    splits = [n for n in graph.node if n.op_type == "Split"][-4:]
    makers = {name: node for node in graph.node for name in node.output}

    def neck(name):
        """Back from the class convolution over the head's four separable layers to the map it reads."""
        convolutions = 0
        while True:
            node = makers[name]
            if node.op_type == "Conv":
                convolutions += 1
                if convolutions == 5:
                    return node.input[0]
            name = node.input[0]

    outputs = [neck(s.input[0]) for s in splits] + [s.input[0] for s in splits[1:3]]
    wanted, todo = set(), list(outputs)
    while todo:
        node = makers.get(todo.pop())
        if node is not None and node.output[0] not in wanted:
            wanted.add(node.output[0])
            todo += node.input
    nodes, done, rest = [], weights | {graph.input[0].name}, [n for n in graph.node if n.output[0] in wanted]
    while rest:  # in an order in which every input is there
        ready = [n for n in rest if done.issuperset(filter(None, n.input))]
        nodes, done, rest = nodes + ready, done | {name for n in ready for name in n.output}, [n for n in rest if n not in ready]
    for n, node in enumerate(nodes):
        node.name = "node_%d" % n
    del graph.node[:], graph.input[1:], graph.output[:]
    graph.node.extend(nodes)
    # Constant nodes become initializers. The shuffles' shapes are written for 416 pixels: [1, 2, c / 2, h, w] and [1, c, h, w] become [-1, ...], h and w scaled to 448.
    for node in [n for n in graph.node if n.op_type == "Constant"]:
        graph.initializer.append(numpy_helper.from_array(numpy_helper.to_array(node.attribute[0].t), node.output[0]))
        graph.node.remove(node)
    boxes = {name for s in splits[1:3] for name in makers[s.input[0]].input[1:]}  # the last convolutions give 80 classes and 32 figures of boxes
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        if tensor.name in boxes:
            tensor.CopyFrom(numpy_helper.from_array(value[:CLASSES], tensor.name))
        if value.dtype == np.int64 and value.size in (4, 5):
            tensor.CopyFrom(numpy_helper.from_array(np.array([-1, *value[1:-2], *(value[-2:] * SIZE // 416)]), tensor.name))
    for dim, size in zip(graph.input[0].type.tensor_type.shape.dim, ("B", 3, SIZE, SIZE)):
        dim.Clear()
        if size == "B":
            dim.dim_param = size
        else:
            dim.dim_value = size
    graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs)
    used = {name for n in nodes for name in n.input}
    for tensor in [i for i in graph.initializer if i.name not in used]:
        graph.initializer.remove(tensor)
    del graph.value_info[:]
    onnx.save(model, path)


class Detail(nn.Module):
    """Pixels [B, 448, 448, 3] -> [B, 49, 4 * (3 * 96 + 80) + 96]: for each of a token's 2 x 2 cells the maps at strides 8 and 16 (their means over the cell) and 32 and the
    strongest score of each class at strides 16 and 32, then the map at stride 64."""
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    fine, coarse = (CHANNELS, CHANNELS, CHANNELS, CLASSES), (CHANNELS,)
    channels = 4 * (3 * CHANNELS + CLASSES) + CHANNELS

    def __init__(self, path=None):
        super().__init__()
        import onnx
        import onnx2torch
        self.detector = faster(onnx2torch.convert(onnx.load(path or os.path.join(D.RUNS, "detail.onnx"))))

    def maps(self, pixels):
        mean, std = (torch.tensor(v) * 255 for v in (self.mean, self.std))
        return self.detector(((pixels.float() - mean) / std).permute(0, 3, 1, 2))

    def forward(self, pixels):
        *necks, logits16, logits32 = self.maps(pixels)
        scores = torch.maximum(F.max_pool2d(logits16, 2), logits32)
        cells = [F.avg_pool2d(necks[0], 4), F.avg_pool2d(necks[1], 2), necks[2], torch.sigmoid(scores)]
        cells = torch.cat([c.to(necks[0].dtype) for c in cells], 1)
        cells = cells.reshape(-1, cells.shape[1], 7, 2, 7, 2).permute(0, 2, 4, 3, 5, 1).reshape(cells.shape[0], 49, -1)
        return torch.cat([cells, necks[3].flatten(2).transpose(1, 2)], 2)


def static_shapes(detector):
    """onnx2torch reads the shapes of reshapes and resizes from tensors, on a GPU a wait for each. They are constants: this writes them into the graph."""
    from onnx2torch.node_converters.reshape import OnnxReshape
    from onnx2torch.node_converters.resize import OnnxResize

    def constant(node):
        return functools.reduce(getattr, node.target.split("."), detector).tolist()

    graph = detector.graph
    for node in list(graph.nodes):
        module = detector.get_submodule(node.target) if node.op == "call_module" else None
        with graph.inserting_after(node):
            if isinstance(module, OnnxReshape):
                shape = constant(node.args[1])
                assert 0 not in shape
                new = graph.call_function(torch.reshape, (node.args[0], shape))
            elif isinstance(module, OnnxResize):
                scales = constant(node.args[2])
                assert scales[:2] == [1, 1] and module.onnx_mode == "nearest"
                new = graph.call_function(F.interpolate, (node.args[0],), {"scale_factor": scales[2:], "mode": "nearest"})
            else:
                continue
        node.replace_all_uses_with(new)
        graph.erase_node(node)
    detector.recompile()
