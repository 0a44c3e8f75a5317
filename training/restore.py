"""Bundle -> checkpoint, to go on from what ships: python3 restore.py ../models/everyday-small RUNS/shipped.pt

The graphs' initializers carry the names of the weights (see export.py); all are read back, or it ends with those that are missing.
"""
import json
import os
import sys

import onnx
import torch

from model import Captioner


def main():
    folder, out = sys.argv[1:3]
    with open(os.path.join(folder, "bundle.json")) as f:
        bundle = json.load(f)
    dims, weights = bundle["dims"], {}
    for graph in bundle["graphs"].values():
        for tensor in onnx.load(os.path.join(folder, graph["default"]["file"])).graph.initializer:
            name = tensor.name[:-5] if tensor.name.endswith("_half") else tensor.name
            value = torch.tensor(onnx.numpy_helper.to_array(tensor).copy()).float()
            weights[name[:-2] if name.endswith(".T") else name] = value.t().contiguous() if name.endswith(".T") else value
    reads = ["layers", "detail", "guide"] + ["draft"] * bundle["generation"]["readsDraft"]
    model = Captioner({"width": dims["width"], "layers": dims["layers"], "heads": dims["heads"], "vocab": dims["vocab"], "reads": reads,
                       "own": "secondDecoder" in bundle["graphs"], "detail": "detail" in bundle["graphs"]})
    state = dict(model.named_parameters())
    missing = [k for k, v in state.items() if k not in weights or weights[k].numel() != v.numel()]
    if missing:
        sys.exit("not in %s: %s" % (folder, ", ".join(missing)))
    model.load_state_dict({k: weights[k].view_as(v) for k, v in state.items()}, strict=False)
    torch.save({"model": model.state_dict(), "config": model.config, "step": 0, "seconds": 0.0}, out)


if __name__ == "__main__":
    main()
