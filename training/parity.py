"""A fixture that lets the TypeScript runtime be checked without any picture of the training data: formula-made pictures and the token ids
that PyTorch and Python's onnxruntime give for them.

Pixel (x, y), channel c, all integers:
  disc = (x - cx)^2 + (y - cy)^2 < r^2   ->   rgb[c]
  else                                        (base[c] + ((ax[c] * x + ay[c] * y) >> 4) + amount * (((x >> shift) ^ (y >> shift)) & 1)) & 255
(>> is the arithmetic shift.)
"""
import json
import os

import numpy as np
import torch

from caption import Bundle
from search import decoders_of, dims_of, write
from data import center_crop
from text import pad_drafts

FORMULA = "disc: (x-cx)^2+(y-cy)^2 < r^2 -> rgb[c]; else (base[c] + ((ax[c]*x + ay[c]*y) >> 4) + amount*(((x>>shift) ^ (y>>shift)) & 1)) & 255"
PICTURES = [
    {"base": [60, 120, 40], "ax": [0, 0, 0], "ay": [6, 4, 2], "amount": 0, "shift": 4, "cx": 224, "cy": 280, "r": 80, "rgb": [150, 90, 40]},
    {"base": [90, 140, 220], "ax": [0, 0, 0], "ay": [7, 4, -6], "amount": 0, "shift": 4, "cx": 120, "cy": 180, "r": 60, "rgb": [240, 240, 240]},
    {"base": [240, 240, 245], "ax": [0, 0, 0], "ay": [-1, -1, -1], "amount": 0, "shift": 4, "cx": 240, "cy": 240, "r": 50, "rgb": [30, 25, 20]},
    {"base": [20, 20, 20], "ax": [0, 0, 0], "ay": [0, 0, 0], "amount": 200, "shift": 6, "cx": 0, "cy": 0, "r": 0, "rgb": [0, 0, 0]},
    {"base": [10, 60, 120], "ax": [1, 3, 2], "ay": [2, 3, 5], "amount": 25, "shift": 5, "cx": 300, "cy": 200, "r": 100, "rgb": [220, 60, 50]},
    {"base": [200, 170, 120], "ax": [2, 1, 0], "ay": [0, 1, 2], "amount": 12, "shift": 3, "cx": 224, "cy": 120, "r": 40, "rgb": [230, 190, 160]},
    {"base": [30, 90, 30], "ax": [3, 5, 2], "ay": [1, 2, 1], "amount": 40, "shift": 2, "cx": 200, "cy": 260, "r": 120, "rgb": [250, 250, 250]},
    {"base": [0, 0, 0], "ax": [18, 0, 9], "ay": [0, 18, 9], "amount": 0, "shift": 4, "cx": 224, "cy": 224, "r": 140, "rgb": [255, 220, 0]},
]


def picture(p, width=448, height=448):
    y, x = np.mgrid[0:height, 0:width]
    check = p["amount"] * (((x >> p["shift"]) ^ (y >> p["shift"])) & 1)
    disc = (x - p["cx"]) ** 2 + (y - p["cy"]) ** 2 < p["r"] ** 2
    planes = [np.where(disc, p["rgb"][c], (p["base"][c] + ((p["ax"][c] * x + p["ay"][c] * y) >> 4) + check) & 255) for c in range(3)]
    return np.stack(planes, -1).astype(np.uint8)


def by_pytorch(model, pixels, options):
    first, second, dims = *decoders_of(model), dims_of(model)
    with torch.no_grad():
        glance = model.encode(torch.from_numpy(pixels))[0]
        features = model.features(torch.from_numpy(center_crop(pixels, options["centerCrop"])))
        drafts = write([(first, glance, None)], options, dims)
        texts = [d.tokens for d in drafts]
        views = [(second, model.refine(glance, features, pad_drafts(texts)), model.prompt(texts))]
        finals = write([(first, glance, None)] + views if options["bothPasses"] else views, options, dims)
    return list(zip(drafts, finals))


def write_parity(path, model, folder, quantized):
    bundle, pixels = Bundle(folder), np.stack([picture(p) for p in PICTURES])
    out = {"note": "pictures are 448 x 448 RGB, made by the formula; 'shipped' holds the ids that Python onnxruntime gives with the graphs of the bundle, "
                   "'pytorch' those of PyTorch with unquantised fp32 weights", "formula": FORMULA, "bundle": bundle.json["name"],
           "graphs": {n: g["default"]["sha256"] for n, g in bundle.json["graphs"].items()}, "quantized": quantized,
           "generation": bundle.json["generation"], "pictures": []}
    for p, pixel in zip(PICTURES, pixels):
        out["pictures"].append({"picture": p, "checksum": int(pixel.astype(np.int64).sum())})
    for name, beams in (("greedy", 1), ("beam", 3)):
        options = dict(bundle.json["generation"], beams=beams)
        for kind, rows in (("shipped", bundle.caption(pixels, options)), ("pytorch", by_pytorch(model, pixels, options))):
            for entry, (draft, final) in zip(out["pictures"], rows):
                entry.setdefault(kind, {})[name] = {"draft": draft.tokens, "text": final.tokens, "confidence": round(final.probability, 4)}
    for entry in out["pictures"]:
        entry["caption"] = bundle.text(entry["shipped"]["beam"]["text"])
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")
    same = sum(e["shipped"] == e["pytorch"] or all(e["shipped"][n]["text"] == e["pytorch"][n]["text"] for n in ("greedy", "beam")) for e in out["pictures"])
    print("parity: %d of %d pictures get the same final ids from the shipped graphs and from PyTorch" % (same, len(PICTURES)))
