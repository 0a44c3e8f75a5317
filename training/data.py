"""Pictures, captions and the tokenizer.

Everything is held in memory: 6,000 pictures of 224 x 224 x 3 bytes are 0.9 GB, and a decoded copy is kept in the
run folder so that only the first start pays for the JPEGs. Tensors are made with torch.tensor, which puts them on the default device.
"""
import gzip
import io
import json
import os
import re
import tarfile

import numpy as np
import torch

PAD, BOS, EOS, DRAFT = 0, 1, 2, 3
SPECIALS = ["<pad>", "<bos>", "<eos>", "<draft>"]
MAX_TOKENS = 32  # longer captions are cut here (and then carry no <eos>): under one in a thousand


def clean(text):
    """Lower case, words of [a-z0-9'-] only, single spaces: the only text the model ever sees or writes."""
    words = re.sub(r"[^a-z0-9' -]", " ", text.lower()).split()
    return " ".join(w for w in (w.strip("'-") for w in words) if w)


def flip_words(text):
    """The caption of a mirrored picture: left and right change places."""
    swap = {"left": "right", "right": "left"}
    return " ".join(swap.get(w, w) for w in text.split())


def read_split(data, split):
    """-> list of {image, captions} in shard order, captions cleaned."""
    with open(os.path.join(data, "flickr8k", split + ".jsonl")) as f:
        rows = [json.loads(line) for line in f]
    for row in rows:
        row["captions"] = [clean(c) for c in row["captions"]]
    return rows


def read_pictures(data, split, rows, cache, size=224):
    """-> uint8 array [len(rows), size, size, 3], memory-mapped from a cache that the first call writes."""
    path = os.path.join(cache, "%s-%d.npy" % (split, size))
    if not os.path.exists(path):
        from PIL import Image
        os.makedirs(cache, exist_ok=True)
        shards = ["val.tar"] if split == "val" else ["%s-%d.tar" % (split, i) for i in range(6)]
        where = {row["image"]: i for i, row in enumerate(rows)}
        out = np.zeros((len(rows), size, size, 3), np.uint8)
        for shard in shards:
            with tarfile.open(os.path.join(data, "flickr8k", shard)) as tar:
                for member in tar:
                    index = where.pop(os.path.basename(member.name), None)
                    if index is not None:
                        image = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
                        out[index] = np.asarray(image if image.size == (size, size) else image.resize((size, size), Image.BICUBIC))
        assert not where, "pictures missing from the shards: %s" % list(where)[:3]
        np.save(path + ".part.npy", out)
        os.replace(path + ".part.npy", path)
    return np.load(path, mmap_mode="r")


def read_text(data):
    """The text-only captions (COCO val2017, Flickr30k without any Flickr8k picture), cleaned."""
    lines = []
    for name in ("coco-val2017-captions.txt.gz", "flickr30k-captions.txt.gz"):
        with gzip.open(os.path.join(data, "text", name), "rt") as f:
            lines += [clean(line) for line in f]
    return [line for line in lines if line]


def make_tokenizer(texts, path, size=4096):
    """Byte-level BPE over training text only. A space is put before the first word, so a word has one spelling wherever it stands."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIALS, show_progress=False,
                                                       initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tok.save(path)
    return tok


def load_tokenizer(path):
    from tokenizers import Tokenizer
    return Tokenizer.from_file(path)


def encode_all(tok, texts):
    return [e.ids[:MAX_TOKENS] for e in tok.encode_batch(list(texts), add_special_tokens=False)]


def augment(pixels, rng, amount=1.0):
    """uint8 [B, size, size, 3] -> the same shape, and which rows were mirrored.

    Crop to 75-100 % of each side (sides chosen apart, so the shape changes a little), mirror, brightness and contrast.
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


def closer(pixels, margin):
    """uint8 [B, H, W, 3] -> the same shape: what lies within `margin` pixels of each side, enlarged. Bilinear between the centres of pixels, in
    integers and rounded half up, so that the runtime (src/workers/closer.ts) makes the same bytes."""
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


def pack(groups, shared=None):
    """Lays the captions of one picture side by side in one row.

    groups: per row a list of token lists (the captions, no specials); shared: per row the draft's tokens or None.
    A row is [<draft> d1..dn] [<bos> caption]*k. -> dict of int64 [B, T]: ids, positions, segments, group (0 = draft, seen by every
    caption; 1.. = caption number; -1 = padding), targets (next token, -100 where nothing is to be predicted).
    """
    rows = []
    for i, captions in enumerate(groups):
        row = []
        if shared is not None and shared[i] is not None:
            row += [(t, p, 1, 0, -100) for p, t in enumerate([DRAFT] + list(shared[i]))]
        for g, caption in enumerate(captions):
            whole = len(caption) < MAX_TOKENS
            inputs = [BOS] + list(caption)
            targets = list(caption) + [EOS if whole else -100]
            row += [(t, p, 0, g + 1, y) for p, (t, y) in enumerate(zip(inputs, targets))]
        rows.append(row)
    width = max(map(len, rows))
    table = np.array([row + [(PAD, 0, 0, -1, -100)] * (width - len(row)) for row in rows], np.int64)
    names = ("ids", "positions", "segments", "group", "targets")
    return {n: torch.tensor(table[:, :, k]) for k, n in enumerate(names)}


def pad_drafts(drafts):
    """Token lists -> int64 [B, T], right-padded, T >= 1."""
    width = max(1, max(map(len, drafts)))
    return torch.tensor([list(d) + [PAD] * (width - len(d)) for d in drafts], dtype=torch.int64)
