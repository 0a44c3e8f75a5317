"""Rewrites of an exported graph that spare ONNX Runtime work and change no result by more than rounding:

- a constant Pad moves into the pads of its Conv, so that convolutions in a row keep the runtime's blocked layout (NCHWc);
- a hard sigmoid written as Mul, Add, Clip, or as Add, Clip, Div, becomes the operator HardSigmoid; so a hard swish is two operators, not four;
- the mean and standard deviation of the pixels are applied behind the transpose to NCHW, where they broadcast over whole planes.
"""
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator


class Graph:
    """A graph with the lookups that rewrites need. Constants are what depends on initializers and constants alone."""

    def __init__(self, model):
        self.model, self.nodes = model, model.graph.node
        self.stored = {t.name: t for t in model.graph.initializer}
        self.by_output = {o: n for n in self.nodes for o in n.output}
        self.uses = {}
        for node in self.nodes:
            for name in node.input:
                self.uses.setdefault(name, []).append(node)

    def constant(self, name):
        """The value of a constant, or None."""
        if name in self.stored:
            return numpy_helper.to_array(self.stored[name])
        chain, seen = [], set()

        def collect(at):
            if at == "" or at in self.stored or at in seen:
                return True
            seen.add(at)
            node = self.by_output.get(at)
            if node is None or not all(collect(i) for i in node.input):
                return False
            chain.append(node)
            return True

        if not collect(name):
            return None
        stored = {i: self.stored[i] for n in chain for i in n.input if i in self.stored}
        graph = helper.make_graph(chain, "constant", [], [helper.make_tensor_value_info(name, 0, None)], list(stored.values()))
        return ReferenceEvaluator(helper.make_model(graph, opset_imports=self.model.opset_import)).run(None, {})[0]

    def split(self, node, kind):
        """node: `kind` of a tensor and a constant scalar -> (the tensor's name, the scalar), or None."""
        if node is None or node.op_type != kind:
            return None
        for name, other in (node.input, reversed(node.input)):
            value = self.constant(other)
            if value is not None and value.size == 1:
                return name, float(value.reshape(-1)[0])
        return None

    def only_use(self, name):
        uses = self.uses.get(name, [])
        return uses[0] if len(uses) == 1 else None

    def replace(self, old, new):
        """Puts new nodes where the last of the old ones was."""
        at = max(i for i, n in enumerate(self.nodes) if any(n is o for o in old))
        for node in reversed(new):
            self.nodes.insert(at + 1, node)
        for node in old:
            self.nodes.remove(node)


def pads_into_convolutions(graph):
    for pad in [n for n in graph.nodes if n.op_type == "Pad"]:
        conv, pads = graph.only_use(pad.output[0]), graph.constant(pad.input[1])
        filled = graph.constant(pad.input[2]) if len(pad.input) > 2 and pad.input[2] else None
        if conv is None or conv.op_type != "Conv" or pads is None or (filled is not None and filled.any()) or pads[[0, 1, 4, 5]].any():
            continue
        own = next(a for a in conv.attribute if a.name == "pads")
        own.ints[:] = [int(o + p) for o, p in zip(own.ints, pads[[2, 3, 6, 7]])]
        conv.input[0] = pad.input[0]
        graph.nodes.remove(pad)


def hard_sigmoids(graph):
    for clip in [n for n in graph.nodes if n.op_type == "Clip"]:
        low, high = (graph.constant(name) for name in clip.input[1:3])
        shift = graph.by_output.get(clip.input[0])
        added = graph.split(shift, "Add")
        if added is None or low is None or high is None or graph.only_use(added[0]) is None and high != 6:
            continue
        name, beta = added
        if (float(low), float(high)) == (0, 1):
            scale = graph.by_output.get(name)
            scaled = graph.split(scale, "Mul")
            if scaled is None:
                continue
            new = helper.make_node("HardSigmoid", [scaled[0]], [clip.output[0]], alpha=scaled[1], beta=beta)
            graph.replace([scale, shift, clip], [new])
        elif (float(low), float(high)) == (0, 6):
            swish = graph.only_use(clip.output[0])
            if swish is None or swish.op_type != "Mul" or name not in swish.input:
                continue
            divide = graph.only_use(swish.output[0])
            divided = graph.split(divide, "Div")
            if divided is None or divided[1] != 6:
                continue
            new = [helper.make_node("HardSigmoid", [name], [clip.output[0]], alpha=1 / 6, beta=beta / 6),
                   helper.make_node("Mul", [name, clip.output[0]], [divide.output[0]])]
            graph.replace([shift, clip, swish, divide], new)


def normalisation_in_planes(graph):
    for turn in [n for n in graph.nodes if n.op_type == "Transpose" and list(n.attribute[0].ints) == [0, 3, 1, 2]]:
        divide = graph.by_output.get(turn.input[0])
        subtract = graph.by_output.get(divide.input[0]) if divide is not None and divide.op_type == "Div" else None
        if subtract is None or subtract.op_type != "Sub" or graph.only_use(subtract.output[0]) is not divide:
            continue
        values = [graph.constant(n.input[1]) for n in (subtract, divide)]
        if any(v is None for v in values):
            continue
        names = [n.input[1] + "_planes" for n in (subtract, divide)]
        for name, value in zip(names, values):
            graph.model.graph.initializer.append(numpy_helper.from_array(np.float32(value).reshape(-1, 1, 1), name))
        planes = turn.output[0] + "_planes"
        graph.replace([subtract, divide, turn], [helper.make_node("Transpose", [subtract.input[0]], [planes], perm=[0, 3, 1, 2]),
                                                 helper.make_node("Sub", [planes, names[0]], [subtract.output[0]]),
                                                 helper.make_node("Div", [subtract.output[0], names[1]], [turn.output[0]])])


def without_dead_ends(graph):
    """Drops nodes and initializers that nothing reads any more."""
    needed, nodes = {o.name for o in graph.model.graph.output}, []
    for node in reversed(graph.nodes):
        if any(o in needed for o in node.output):
            needed.update(node.input)
            nodes.append(node)
    del graph.nodes[:]
    graph.nodes.extend(reversed(nodes))
    for tensor in [t for t in graph.model.graph.initializer if t.name not in needed]:
        graph.model.graph.initializer.remove(tensor)


def without_copies(graph):
    """Reads initializers themselves where the exporter copied them through Identity."""
    copies = {n.output[0]: n.input[0] for n in graph.nodes if n.op_type == "Identity" and n.input[0] in graph.stored}
    for node in graph.nodes:
        node.input[:] = [copies.get(name, name) for name in node.input]


def simplify(model):
    """Rewrites an onnx.ModelProto in place."""
    for rewrite in (without_copies, pads_into_convolutions, hard_sigmoids, normalisation_in_planes, without_dead_ends):
        rewrite(Graph(model))
    onnx.checker.check_model(model)
