"""Lays out what joint.py reads, small enough to be carried to another machine: python3 joint_data.py FOLDER --first RUNS/a.pt --second RUNS/b.pt [--data DIR]

FOLDER gets shards/*.pkl (pictures as WebP, 256 pixels at most, in files of 62 MB), rows.pkl (captions), val.pkl (validation pictures, of Flickr8k's every third),
start.pt (weights in 16 bits: the encoder and the first pass of --first, the second pass and the detail branch of --second), tokenizer.json and detail.onnx.
"""
import argparse
import io
import json
import os
import pickle
import random
import shutil

import torch

import data as D
from average import SECOND

SHARD = 62 << 20


def recode(content, quality):
    from PIL import Image
    image, out = Image.open(io.BytesIO(content)).convert("RGB"), io.BytesIO()
    if max(image.size) > 256:
        image = image.resize((256, 256), Image.BICUBIC)
    image.save(out, "WEBP", quality=quality, method=3)
    return out.getvalue()


def write_shards(data, folder):
    """One set's pictures at a time; the larger sets last."""
    items = []
    for name in sorted(D.TRAIN, key=lambda n: n == "coco-40k"):
        files = D.picture_bytes(data, name)
        new = [(name, i, recode(files[r["image"]], 62 if name == "coco-40k" else 70)) for i, r in enumerate(D.read_rows(data, name))]
        random.Random(5).shuffle(new)
        items += new
    shard, size, count = [], 0, 0
    for item in items + [None]:
        if item is None or size + len(item[2]) > SHARD:
            with open(os.path.join(folder, "shards", "%02d.pkl" % count), "wb") as f:
                pickle.dump(shard, f, protocol=5)
            shard, size, count = [], 0, count + 1
        if item is not None:
            shard.append(item)
            size += len(item[2]) + 40


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--first", required=True)
    parser.add_argument("--second", required=True)
    parser.add_argument("--data", default=D.DATA)
    args = parser.parse_args()
    os.makedirs(os.path.join(args.folder, "shards"), exist_ok=True)
    with open(os.path.join(D.RUNS, "excluded.json")) as f:
        assert not any(json.load(f).values()), "a training picture looks like a validation picture: leave it out"
    validation = {n: D.read_rows(args.data, n) for n in D.VALIDATION}
    held = {t for rows in validation.values() for r in rows for t in r["captions"]}
    rows, starts, counts, pictures = [], {}, {}, []
    for name in D.TRAIN:
        found = D.read_rows(args.data, name)
        starts[name], counts[name] = len(rows), len(found)
        rows += [{"set": name, "captions": [c for c in r["captions"] if c not in held] or r["captions"][:1]} for r in found]
    for name, found in validation.items():
        files = D.picture_bytes(args.data, name)
        pictures += [(name, i, files[r["image"]]) for i, r in enumerate(found) if name != "flickr8k-val" or i % 3 == 0]
    for name, content in (("rows.pkl", {"rows": rows, "starts": starts, "counts": counts, "val": validation}), ("val.pkl", pictures)):
        with open(os.path.join(args.folder, name), "wb") as f:
            pickle.dump(content, f, protocol=5)
    first, second = (torch.load(p, map_location="cpu") for p in (args.first, args.second))
    weights = dict(second["model"], **{k: v for k, v in first["model"].items() if not k.startswith(SECOND)})
    torch.save({"model": {k: v.half() for k, v in weights.items()}, "config": second["config"]}, os.path.join(args.folder, "start.pt"))
    for name in ("tokenizer.json", "detail.onnx"):
        shutil.copy(os.path.join(D.RUNS, name), args.folder)
    write_shards(args.data, args.folder)


if __name__ == "__main__":
    main()
