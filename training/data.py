"""Picture sets: captions, decoded pictures in memory-mapped caches, augmentation, the centre crop.

A picture is squeezed to 448 x 448 (bicubic), as the runtime gives it to the bundle, and cached at 224 x 224 (the mean of 2 x 2 pixels), as the encoder
sees it. What looks at 448 itself (detail.py) decodes anew, with read_picture.
"""
import io
import json
import os
import tarfile

import numpy as np
import torch

from text import clean

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "shared", "data")
RUNS = os.environ.get("SECONDGLANCE_RUNS", os.path.join(HERE, "runs"))
COCO40K = os.environ.get("SECONDGLANCE_COCO40K", os.path.join(RUNS, "coco-40k"))  # where shared/data/coco-40k/build.py wrote it
SIZE = 224

# Share of the training pictures that is drawn from each set; captions of one picture that a step reads at most.
TRAIN = {"coco-40k": 0.58, "flickr8k": 0.26, "pascal": 0.05, "coco-2k": 0.03, "ade-train": 0.02, "coco-small-train": 0.02, "events-f30k": 0.02,
         "winograd": 0.01, "wiki-alt": 0.005, "coco-cbir": 0.005}
VALIDATION = ("flickr8k-val", "pascal-val", "coco-val")
OTHER = ("ade",)  # measured, neither trained on nor selected by


def locate(data, name):
    """-> (file of captions, tar files or one folder of pictures, the split wanted or None)."""
    more = os.path.join(data, "more")
    if name == "scenes":  # as scenes.py writes them
        return os.path.join(RUNS, "scenes", "scenes.jsonl"), [os.path.join(RUNS, "scenes", "scenes.tar")], None
    if name == "coco-40k":
        return os.path.join(COCO40K, "captions.jsonl"), [COCO40K], None
    if name.startswith("flickr8k"):
        flickr, val = os.path.join(data, "flickr8k"), name.endswith("val")
        tars = ["val.tar"] if val else ["train-%d.tar" % i for i in range(6)]
        return os.path.join(flickr, "val.jsonl" if val else "train.jsonl"), [os.path.join(flickr, t) for t in tars], None
    if name in ("coco-val", "coco-small-train"):
        return os.path.join(more, "coco-small.jsonl"), [os.path.join(more, "coco-small.tar")], "val" if name == "coco-val" else "train"
    return os.path.join(more, name + ".jsonl"), [os.path.join(more, name + ".tar")], None


def read_rows(data, name):
    """-> list of {image, captions, labels?}, captions cleaned; pictures without any whole caption are left out (but for ade)."""
    path, _, split = locate(data, name)
    with open(path) as f:
        rows = [json.loads(line) for line in f]
    rows = [r for r in rows if split is None or r["split"] == split]
    for row in rows:
        row["captions"] = [c for c in map(clean, row["captions"]) if c]
    return [r for r in rows if r["captions"] or name == "ade"]


def picture_bytes(data, name):
    """-> {image: its file's bytes} of a whole set."""
    out = {}
    for place in locate(data, name)[1]:
        if os.path.isdir(place):
            for file in os.listdir(place):
                if file.endswith(".jpg"):
                    with open(os.path.join(place, file), "rb") as f:
                        out[file] = f.read()
        else:
            with tarfile.open(place) as tar:
                for member in tar:
                    if member.isfile():
                        out[os.path.basename(member.name)] = tar.extractfile(member).read()
    return out


def decode(content, size=2 * SIZE):
    """A picture file's bytes -> uint8 [size, size, 3], the whole frame squeezed."""
    from PIL import Image
    image = Image.open(io.BytesIO(content)).convert("RGB")
    return np.asarray(image if image.size == (size, size) else image.resize((size, size), Image.BICUBIC))


def halve(pixels):
    """uint8 [..., H, W, 3] -> the mean of 2 x 2 pixels, as the encoder graph takes it (there unrounded)."""
    *lead, h, w, c = pixels.shape
    return ((pixels.reshape(*lead, h // 2, 2, w // 2, 2, c).sum((-4, -2), dtype=np.uint16) + 2) // 4).astype(np.uint8)


def fingerprint(pixels):
    """A hash of 15 x 16 bits that survives scaling and recompression: which of two neighbours in a 16 x 16 grey thumbnail is the brighter."""
    grey = pixels.astype(np.float32).mean(-1).reshape(16, pixels.shape[0] // 16, 16, -1).mean((1, 3))
    return np.packbits(grey[:, 1:] > grey[:, :-1])


def read_pictures(data, name, rows, kind="pictures"):
    """-> memory-mapped uint8 [len(rows), 224, 224, 3] (or, kind "hashes", the fingerprints) from the cache that prepare.py writes."""
    out = np.load(os.path.join(RUNS, "cache", "%s-%s.npy" % (name, kind)), mmap_mode="r")
    assert len(out) == len(rows), (name, len(out), len(rows))
    return out


def augment(pixels, rng, amount=1.6):
    """uint8 [B, size, size, 3] -> the same shape, and which rows were mirrored.

    Crop to 60-100 % of each side (sides chosen apart, so the shape changes a little), mirror, brightness and contrast.
    """
    from PIL import Image
    out, flips = np.empty_like(pixels), rng.random(len(pixels)) < 0.5
    levels, size = np.arange(256), pixels.shape[1]
    for i, picture in enumerate(pixels):
        w, h = size * (1 - amount * 0.25 * rng.random(2))
        x, y = (size - w) * rng.random(), (size - h) * rng.random()
        contrast, shift = 1 + amount * 0.2 * rng.uniform(-1, 1), amount * 25 * rng.uniform(-1, 1)
        curve = np.clip((levels - 128) * contrast + 128 + shift, 0, 255).astype(np.uint8)
        image = Image.fromarray(picture).resize((size, size), Image.BILINEAR, box=(x, y, x + w, y + h)).point(curve.tolist() * 3)
        out[i] = np.asarray(image)[:, ::-1] if flips[i] else np.asarray(image)
    return torch.tensor(out), flips


def center_crop(pixels, margin):
    """uint8 [B, H, W, 3] -> the same shape: what lies within `margin` pixels of each side, enlarged. Bilinear between the centres of pixels, in
    integers and rounded half up, so that the runtime makes the same bytes."""
    if margin == 0:
        return pixels

    def places(size):
        inner = size - 2 * margin
        at = np.maximum((2 * np.arange(size) + 1) * inner - size, 0)  # in halves of a pixel times 1 / size, from the inner part's first centre
        low = at // (2 * size)
        return margin + low, margin + np.minimum(low + 1, inner - 1), at % (2 * size)

    (top, bottom, down), (left, right, across) = places(pixels.shape[1]), places(pixels.shape[2])
    down, across, whole = down[:, None, None], across[:, None], 4 * pixels.shape[1] * pixels.shape[2]
    x = pixels.astype(np.int64)
    x = x[:, :, left] * (2 * pixels.shape[2] - across) + x[:, :, right] * across
    x = x[:, top] * (2 * pixels.shape[1] - down) + x[:, bottom] * down
    return ((2 * x + whole) // (2 * whole)).astype(np.uint8)


def view(content, rng, size, least=0.72):
    """A picture (a file's bytes or an array) -> a random view [size, size, 3], and whether it is mirrored: `least` to all of either side of the picture;
    brightness and contrast vary. The same random numbers give the same view of the picture at any size."""
    from PIL import Image
    image = Image.open(io.BytesIO(content)).convert("RGB") if isinstance(content, bytes) else Image.fromarray(content)
    w, h = rng.uniform(least, 1, 2) * image.size
    x, y = (image.size - np.array([w, h])) * rng.random(2)
    contrast, shift, flip = 1 + rng.uniform(-0.25, 0.25), rng.uniform(-30, 30), rng.random() < 0.5
    curve = np.clip((np.arange(256) - 128) * contrast + 128 + shift, 0, 255).astype(np.uint8)
    pixels = np.asarray(image.resize((size, size), Image.BICUBIC, box=(x, y, x + w, y + h)).point(curve.tolist() * 3))
    return (pixels[:, ::-1] if flip else pixels), flip
