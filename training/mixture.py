"""What a step of training reads: pictures drawn from all sets by their shares, with their captions."""
import json
import os

import numpy as np

import data as D

CHUNK = 8192  # pictures among which the shares hold exactly


class Mixture:
    """All training pictures as one list of rows {set, captions, labels?}, without those that look like a validation picture."""

    def __init__(self, data, shares=None):
        shares = dict(D.TRAIN, **(shares or {}))
        with open(os.path.join(D.RUNS, "excluded.json")) as f:
            excluded = json.load(f)
        held = {t for name in D.VALIDATION for r in D.read_rows(data, name) for t in r["captions"]}
        self.rows, self.pictures, self.index, self.starts = [], {}, {}, {}
        for name in shares:
            rows = D.read_rows(data, name)
            self.starts[name] = len(self.rows)
            if name != "scenes":  # cut from pictures of the other sets, read from their files alone
                self.pictures[name] = D.read_pictures(data, name, rows)
            for r in rows:
                r["set"], r["captions"] = name, [c for c in r["captions"] if c not in held] or r["captions"][:1]
            out = set(excluded.get(name, ()))
            self.index[name] = np.array([len(self.rows) + i for i in range(len(rows)) if i not in out])
            self.rows += rows
        total = sum(shares.values())
        self.counts = {name: round(CHUNK * share / total) for name, share in shares.items()}

    def draw(self, seed, chunk):
        """The row numbers of one chunk: each set goes through all its pictures before any comes again."""
        out = []
        for n, (name, count) in enumerate(self.counts.items()):
            index, at = self.index[name], np.arange(chunk * count, (chunk + 1) * count)
            for turn in np.unique(at // len(index)):
                order = np.random.default_rng([seed, n, turn]).permutation(index)
                out.append(order[at[at // len(index) == turn] % len(index)])
        return np.random.default_rng([seed, 99, chunk]).permutation(np.concatenate(out))

    def batch(self, seed, step, size, rank=0, workers=1):
        """Row numbers of this worker's part of a step."""
        per_chunk = sum(self.counts.values()) // size
        rows = self.draw(seed, step // per_chunk)[step % per_chunk * size:][:size]
        return np.sort(rows[rank::workers])

    def read(self, numbers):
        """-> uint8 [len(numbers), 224, 224, 3]."""
        return np.stack([self.pictures[self.rows[i]["set"]][i - self.starts[self.rows[i]["set"]]] for i in numbers])


class Validation:
    """The validation sets, one behind another; which rows belong to which. large: pictures at 448 x 448, as two passes want them; every: of Flickr8k's
    1,000 only every so many."""

    def __init__(self, data, names=D.VALIDATION, large=False, every=1):
        self.rows, self.parts, pictures = [], {}, []
        for name in names:
            rows, step = D.read_rows(data, name), every if name == "flickr8k-val" else 1
            if large:
                files = D.picture_bytes(data, name)
                pictures += [D.decode(files[r["image"]]) for r in rows[::step]]
            else:
                pictures += list(D.read_pictures(data, name, rows)[::step])
            rows = rows[::step]
            self.parts[name] = slice(len(self.rows), len(self.rows) + len(rows))
            self.rows += rows
        self.pictures = np.stack(pictures)
