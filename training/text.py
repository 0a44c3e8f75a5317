"""Captions as text and as tokens: cleaning, the text-only corpus, the tokenizer, several captions packed into one row."""
import gzip
import os
import re

import numpy as np
import torch

PAD, BOS, EOS, DRAFT = 0, 1, 2, 3
SPECIALS = ["<pad>", "<bos>", "<eos>", "<draft>"]
MAX_TOKENS = 32  # longer captions are cut here (and then carry no <eos>): about one in a hundred
CORPUS = ("coco-val2017-captions.txt.gz", "flickr30k-captions.txt.gz", "video-captions.txt.gz")


def clean(text):
    """Lower case, words of [a-z0-9'-] only, single spaces: the only text the model ever sees or writes."""
    words = re.sub(r"[^a-z0-9' -]", " ", text.lower()).split()
    return " ".join(w for w in (w.strip("'-") for w in words) if w)


def flip_words(text):
    """The caption of a mirrored picture: left and right change places."""
    swap = {"left": "right", "right": "left"}
    return " ".join(swap.get(w, w) for w in text.split())


def read_corpus(data, held=()):
    """The text-only sentences, cleaned, without duplicates and without the sentences of `held` (validation captions)."""
    held, seen = set(held), {}
    for name in CORPUS:
        with gzip.open(os.path.join(data, "text", name), "rt", errors="replace") as f:
            for line in f:
                line = clean(line)
                if line and line not in held and 3 <= line.count(" ") + 1 <= 25:
                    seen.setdefault(line)
    return list(seen)


def make_tokenizer(texts, path, size):
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
    width = -(-max(map(len, rows)) // 8) * 8  # few widths: oneDNN compiles its kernels for every shape anew
    table = np.array([row + [(PAD, 0, 0, -1, -100)] * (width - len(row)) for row in rows], np.int64)
    names = ("ids", "positions", "segments", "group", "targets")
    return {n: torch.tensor(table[:, :, k]) for k, n in enumerate(names)}


def pad_drafts(drafts):
    """Token lists -> int64 [B, T], right-padded, T >= 1."""
    width = max(1, max(map(len, drafts)))
    return torch.tensor([list(d) + [PAD] * (width - len(d)) for d in drafts], dtype=torch.int64)
