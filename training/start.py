"""Start weights at the paper's size: python3 start.py configs/paper-size.json --clip CLIP_FOLDER --opt OPT_FOLDER

Takes the image encoder of a CLIP checkpoint (openai/clip-vit-large-patch14-336) and the language model of an OPT one (facebook/opt-125m), both as
Hugging Face folders on disk (model.safetensors or pytorch_model.bin; OPT's tokenizer.json), into RUNS/<name>/start.pt, from which the stages
`first`, `second` and `critic` go on ("init"). Connector and DeepLens start as train.py starts them. `--random` needs no folder: for
measuring the runtime at that size.

OPT's ids 0 to 3 are <s>, <pad>, </s>, <unk>; here they are <pad>, <bos>, <eos>, <draft>. OPT begins its texts with </s>, so <bos> starts as that.
"""
import argparse
import glob
import json
import os
import shutil

import torch

import data as D
from model import Captioner


def read(folder):
    """-> the tensors of a checkpoint folder."""
    files = sorted(glob.glob(os.path.join(folder, "*.safetensors")))
    if files:
        from safetensors.torch import load_file
        return {k: v for f in files for k, v in load_file(f).items()}
    return {k: v for f in sorted(glob.glob(os.path.join(folder, "pytorch_model*.bin"))) for k, v in torch.load(f, map_location="cpu").items()}


def block(tensors, prefix, names):
    """One Transformer layer of a checkpoint under the names that layers.Block gives its parts. names: norm1, norm2, up, down."""
    out = {}
    for part in ("weight", "bias"):
        get = lambda name: tensors["%s.%s.%s" % (prefix, name, part)].float()
        out["qkv." + part] = torch.cat([get("self_attn.%s_proj" % p) for p in "qkv"])
        out["out." + part] = get("self_attn.out_proj")
        for ours, theirs in zip(("norm1", "norm2", "up", "down"), names):
            out["%s.%s" % (ours, part)] = get(theirs)
    return out


def prefixed(prefix, tensors):
    return {prefix + k: v for k, v in tensors.items()}


def from_clip(tensors, layers):
    """-> weights of encoders.VisionTransformer with that many layers."""
    t = {k[k.index("vision_model.") + 13:]: v for k, v in tensors.items() if "vision_model." in k}
    out = {"patch.weight": t["embeddings.patch_embedding.weight"], "summary": t["embeddings.class_embedding"],
           "place.weight": t["embeddings.position_embedding.weight"], "norm.weight": t["pre_layrnorm.weight"], "norm.bias": t["pre_layrnorm.bias"]}
    for n in range(layers):
        out.update(prefixed("blocks.%d." % n, block(t, "encoder.layers.%d" % n, ("layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2"))))
    return {k: v.float() for k, v in out.items()}


def from_opt(tensors, layers, positions):
    """-> weights of model.Language with that many layers; the segment embedding stays as it is."""
    t = {k[k.index("decoder.") + 8:]: v for k, v in tensors.items() if "decoder." in k}
    token = t["embed_tokens.weight"].float().clone()
    token[1] = token[2]
    out = {"token.weight": token, "position.weight": t["embed_positions.weight"].float()[2:2 + positions],
           "norm.weight": t["final_layer_norm.weight"].float(), "norm.bias": t["final_layer_norm.bias"].float()}
    for n in range(layers):
        out.update(prefixed("blocks.%d." % n, block(t, "layers.%d" % n, ("self_attn_layer_norm", "final_layer_norm", "fc1", "fc2"))))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--clip")
    parser.add_argument("--opt")
    parser.add_argument("--random", action="store_true")
    args = parser.parse_args()
    if not args.random and not (args.clip and args.opt):
        parser.error("--clip and --opt are needed, or --random")
    with open(args.config) as f:
        config = json.load(f)
    torch.manual_seed(0)
    model = Captioner(config["model"])
    if not args.random:
        weights = prefixed("encoder.", from_clip(read(args.clip), max(model.encoder.taps)))
        weights.update(prefixed("language.", from_opt(read(args.opt), model.config["layers"], model.config["positions"])))
        missing = [k for k in model.load_state_dict(weights, strict=False).missing_keys
                   if k.startswith(("encoder.", "language.")) and k != "language.segment.weight"]
        assert not missing, missing[:3]
    folder = os.path.join(D.RUNS, config["name"])
    os.makedirs(folder, exist_ok=True)
    if args.opt:
        shutil.copy(os.path.join(args.opt, "tokenizer.json"), os.path.join(D.RUNS, "tokenizer.json"))
    torch.save({"model": model.state_dict(), "config": model.config, "step": 0, "seconds": 0.0}, os.path.join(folder, "start.pt"))
    parts = {n: sum(p.numel() for p in getattr(model, n).parameters()) / 1e6 for n in ("encoder", "connector", "deeplens", "language")}
    print(json.dumps({k: round(v, 1) for k, v in parts.items()}), "million weights")


if __name__ == "__main__":
    main()
