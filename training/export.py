"""Checkpoint -> bundle: python3 export.py RUNS/<name>/<checkpoint>.pt --out ../models/everyday-small

Writes the fp32 graphs, checks each against PyTorch (one row and eight, several lengths), stores their weights as 16-bit floats (to which they
were rounded first, so nothing is lost) or, in the graphs named by --quantize, as 8-bit MatMulNBits (rows independent; convolutions and
embeddings stay fp32), then bundle.json, last.
--parity FILE also writes the token ids that the shipped graphs give on formula-made pictures.
"""
import argparse
import hashlib
import json
import logging
import os

import numpy as np
import onnx
import onnxruntime as ort
import torch
import torch.nn as nn

import data as D
import text as T
from detail import SIZE
from model import Captioner
from search import GREEDY, decoders_of
from simplify import simplify

OPSET = 17


class EncoderGraph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixels):
        return self.model.encode(pixels)


class DetailGraph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixels):
        return self.model.detail(pixels)


class DeepLensGraph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, glance, features, draft):
        return self.model.refine(glance, features, draft)


def load(path):
    saved = torch.load(path, map_location="cpu")
    model = Captioner(saved["config"])
    model.load_state_dict(saved["model"])
    return model.eval(), saved


def sample(model, name, b, t, first=True, s=0):
    """Random inputs of a graph: b rows, t tokens; the decoder's first call of a pass, or a later one on s cached positions."""
    c, encoder, r = model.config, model.encoder, torch.randint
    d, n = c["width"], encoder.tokens
    if name in ("encoder", "detail"):
        return (r(0, 256, (b, SIZE, SIZE, 3), dtype=torch.uint8),)
    if name == "deeplens":
        draft = r(4, c["vocab"], (b, t))
        draft[0, 1:] = T.PAD
        return torch.randn(b, n, d) * 0.1, torch.randn(b, n, sum(widths(model))), draft
    p = n if first else 0
    mask = torch.ones(b, s + p + t, dtype=torch.int64)
    mask[0, n + 1:n + 2] = 0 if s + p + t > n + 2 else 1
    past = torch.randn(c["layers"], 2, b, c["heads"], s, d // c["heads"])
    return (torch.randn(b, p, d) * 0.1, r(4, c["vocab"], (b, t)), torch.arange(t)[None].expand(b, -1).contiguous(), torch.zeros(b, t, dtype=torch.int64),
            mask, past, torch.arange(b).flip(0))


def widths(model):
    """Channels of the encoder's features and of the detail branch's."""
    return [model.encoder.cells * sum(fine) + sum(coarse) for fine, coarse in model.deeplens.parts]


GRAPHS = {
    "encoder": (["pixels"], ["glance", "features"], {"pixels": {0: "B"}, "glance": {0: "B"}, "features": {0: "B"}}),
    "detail": (["pixels"], ["detail"], {"pixels": {0: "B"}, "detail": {0: "B"}}),
    "deeplens": (["glance", "features", "draft"], ["refined"],
                 {"glance": {0: "B"}, "features": {0: "B"}, "draft": {0: "B", 1: "T"}, "refined": {0: "B"}}),
    "decoder": (["visual", "ids", "positions", "segments", "mask", "past", "rows"], ["logits", "present", "attention"],
                {"visual": {0: "B", 1: "P"}, "ids": {0: "B", 1: "T"}, "positions": {0: "B", 1: "T"}, "segments": {0: "B", 1: "T"},
                 "mask": {0: "B", 1: "SPT"}, "past": {2: "B0", 4: "S"}, "rows": {0: "B"},
                 "logits": {0: "B", 1: "T"}, "present": {2: "B", 4: "SPT"}, "attention": {0: "B", 1: "T"}}),
}
GRAPHS["secondDecoder"] = GRAPHS["decoder"]  # of a second pass with a language model of its own


def export_graph(name, module, model, path):
    inputs, outputs, axes = GRAPHS[name]
    example = sample(model, name, 2, 3, first=False, s=model.encoder.tokens + 3)
    extra = {"dynamo": False} if "dynamo" in torch.onnx.export.__code__.co_varnames else {}  # torch 1.13 has no such argument
    torch.onnx.export(module, example, path, input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=OPSET, **extra)
    graph = onnx.load(path)
    name_weights(graph.graph, model)
    simplify(graph)
    onnx.save(graph, path)


def name_weights(graph, model):
    """Gives initializers the names of the weights they hold, `.T` behind those that the exporter has transposed: restore.py reads them back."""
    names = {}
    for name, value in model.state_dict().items():
        names[value.numpy().tobytes()] = name
        if value.dim() == 2:
            names[np.ascontiguousarray(value.numpy().T).tobytes()] = name + ".T"
    new = {}
    for tensor in graph.initializer:
        name = names.get(onnx.numpy_helper.to_array(tensor).tobytes())
        if name and name not in new.values():
            new[tensor.name] = name
            tensor.name = name
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
    held = {tensor.name for tensor in graph.initializer}
    for tensor in [t for t in graph.initializer if t.name.endswith(".T") and t.name[:-2] in held]:  # the token embedding: stored once
        graph.initializer.remove(tensor)
        graph.node.insert(0, onnx.helper.make_node("Transpose", [tensor.name[:-2]], [tensor.name], perm=[1, 0]))


def check_graph(name, module, model, path):
    """-> the largest difference from PyTorch over several shapes; and that a row's result does not hang on its neighbours."""
    session, n = ort.InferenceSession(path, providers=["CPUExecutionProvider"]), model.encoder.tokens
    cases = [(1, 1), (8, 5)] if name in ("encoder", "detail", "deeplens") else [(1, 1, True, 0), (8, 7, True, 0), (8, 1, False, n + 7), (3, 2, False, n + 20)]
    worst = 0.0
    for case in cases:
        inputs = sample(model, name, *case)
        with torch.no_grad():
            want = module(*inputs)
        want = want if isinstance(want, tuple) else (want,)
        got = session.run(None, {n: t.numpy() for n, t in zip(GRAPHS[name][0], inputs)})
        for w, g in zip(want, got):
            assert w.shape == g.shape, (name, case, w.shape, g.shape)
            worst = max(worst, float((w - torch.from_numpy(g)).abs().max() / w.abs().max().clamp(min=1)))
    assert worst < 2e-3, (name, worst)
    return worst


def halve(model):
    """Rounds large weights to 16-bit floats, so that graphs can store them in half the space and still compute what PyTorch does."""
    for p in model.parameters():
        if p.numel() > 1000:
            p.data = p.data.half().float()


def store_half(path, out):
    """Initializers that a 16-bit float holds exactly are stored as such, with a Cast behind them that the runtime folds away when it loads."""
    model = onnx.load(path)
    graph = model.graph
    for tensor in list(graph.initializer):
        values = onnx.numpy_helper.to_array(tensor)
        if tensor.data_type != onnx.TensorProto.FLOAT or values.size <= 1000 or not (values.astype(np.float16) == values).all():
            continue
        graph.initializer.remove(tensor)
        graph.initializer.append(onnx.numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half"))
        graph.node.insert(0, onnx.helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=onnx.TensorProto.FLOAT))
    onnx.checker.check_model(model)
    onnx.save(model, out)


def quantize(path, out, block, level):
    from onnxruntime.quantization import matmul_nbits_quantizer as q
    config = q.DefaultWeightOnlyQuantConfig(block_size=block, is_symmetric=True, accuracy_level=level, bits=8)
    logging.getLogger(q.__name__).setLevel(logging.WARNING)
    quantizer = q.MatMulNBitsQuantizer(onnx.load(path), algo_config=config)
    quantizer.process()
    quantizer.model.save_model_to_file(out)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint")
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", default="everyday-small")
    parser.add_argument("--version", default="1")
    parser.add_argument("--fp32", help="folder for the fp32 graphs (default: beside the checkpoint)")
    parser.add_argument("--quantize", nargs="*", default=[], choices=list(GRAPHS))
    parser.add_argument("--block", type=int, default=32)
    parser.add_argument("--level", type=int, default=4, help="MatMulNBits accuracy_level: 4 computes in int8, one activation scale per row and block; "
                        "0 computes in fp32, at half the speed")
    parser.add_argument("--generation", default="{}", help="JSON that overrides generation defaults")
    parser.add_argument("--scores", help="JSON file of measured scores to put into bundle.json")
    parser.add_argument("--parity", help="also write the parity fixture to this file")
    args = parser.parse_args()

    fp32 = args.fp32 or os.path.join(os.path.dirname(os.path.abspath(args.checkpoint)), "fp32")
    for folder in (args.out, fp32):
        os.makedirs(folder, exist_ok=True)
    model = load(args.checkpoint)[0]
    halve(model)
    c = model.config
    first, second = decoders_of(model)
    modules = {"encoder": EncoderGraph(model), "deeplens": DeepLensGraph(model), "decoder": first}
    if model.second is not None:
        modules["secondDecoder"] = second
    if model.detail is not None:
        modules["detail"] = DetailGraph(model)
    torch.manual_seed(0)
    graphs = {}
    for name, module in modules.items():
        plain = os.path.join(fp32, name + ".onnx")
        export_graph(name, module.eval(), model, plain)
        worst = check_graph(name, module, model, plain)
        part = os.path.join(args.out, name + ".onnx")
        if name in args.quantize:
            quantize(plain, part + ".part", args.block, args.level)
        else:
            store_half(plain, part + ".part")
        os.replace(part + ".part", part)
        if name not in args.quantize:
            check_graph(name, module, model, part)
        graphs[name] = {"default": {"file": name + ".onnx", "sha256": sha256(part)}}
        print("%s: fp32 differs from PyTorch by %.1e, shipped %.2f MB" % (name, worst, os.path.getsize(part) / 1e6))
    for folder in (args.out, fp32):
        with open(os.path.join(D.RUNS, "tokenizer.json")) as src, open(os.path.join(folder, "tokenizer.json"), "w") as dst:
            dst.write(src.read())
    scores = {}
    if args.scores:
        with open(args.scores) as f:
            scores = json.load(f)
    bundle = {
        "format": 2, "name": args.name, "version": args.version,
        "description": "%s encoder%s, DeepLens and a %d-layer causal language model%s; English one-sentence captions in two passes."
        % (type(model.encoder).__name__, ", PicoDet-S detail branch" if model.detail is not None else "", c["layers"], " for each pass" if c["own"] else ""),
        "licence": "weights: research and non-commercial use, see NOTICE beside this folder",
        "trainedOn": ["COCO 2014/2017 training pictures, one caption each", "Flickr8k training pictures and captions", "UIUC PASCAL Sentences",
                      "ADE20K rooms with captions", "smaller caption sets (see MODEL_CARD.md)",
                      "text only: captions of Flickr30k, COCO, MSR-VTT, MSVD, ActivityNet, YouCook2",
                      "start weights: EfficientNet-Lite2 (ImageNet)" + (", PicoDet-S (COCO)" if model.detail is not None else "")],
        "image": {"width": SIZE, "height": SIZE, "resize": "stretch", "filter": "bicubic", "matrix": "bt601",
                  "normalisation": {"mean": model.encoder.mean, "std": model.encoder.std, "applied": "in-graph"}},
        "tokenizer": {"file": "tokenizer.json", "sha256": sha256(os.path.join(args.out, "tokenizer.json"))},
        "graphs": graphs,
        "dims": {"visual": model.encoder.tokens, "width": c["width"], "features": widths(model)[0], "detail": sum(widths(model)[1:]), "layers": c["layers"], "heads": c["heads"],
                 "headDim": c["width"] // c["heads"], "vocab": c["vocab"]},
        "ids": {"pad": T.PAD, "bos": T.BOS, "eos": T.EOS, "draft": T.DRAFT},
        "generation": dict(GREEDY, readsDraft="draft" in c["reads"], **json.loads(args.generation)),
        "modes": ["brief"],
        "scores": scores,
    }
    exact = dict(bundle, graphs={n: {"default": {"file": n + ".onnx", "sha256": sha256(os.path.join(fp32, n + ".onnx"))}} for n in graphs})
    for folder, content in ((fp32, exact), (args.out, bundle)):
        with open(os.path.join(folder, "bundle.json.part"), "w") as f:
            json.dump(content, f, indent=2)
            f.write("\n")
        os.replace(os.path.join(folder, "bundle.json.part"), os.path.join(folder, "bundle.json"))
    if args.parity:
        from parity import write_parity
        write_parity(args.parity, model, args.out, args.quantize)


if __name__ == "__main__":
    main()
