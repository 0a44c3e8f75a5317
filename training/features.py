"""Features of fixed views of the training pictures, for stages that leave the encoder (but for its last convolution) and the detail branch as they are.

A picture has a few views (one of COCO's 40,000, three of the others); what a view gives is computed when it is first drawn and kept in memory-mapped files
under RUNS/cache/<name>, which several runs may share. With these a step of the first pass takes a third of the time.
"""
import os

import numpy as np
import torch

import data as D

VIEWS = {"coco-40k": 1}
OTHERS = 3


class Kept:
    """One kind of features (rows of [49, channels], 16-bit floats), and which rows are there."""

    def __init__(self, path, rows, channels):
        self.values, self.there = (self.open(path + end, shape, dtype) for end, shape, dtype in
                                   ((".npy", (int(rows), 49, int(channels)), np.float16), ("-there.npy", (int(rows),), np.uint8)))

    @staticmethod
    def open(path, shape, dtype):
        if not os.path.exists(path):  # a file with holes: takes the disk space of what is in it
            np.lib.format.open_memmap(path + ".%d" % os.getpid(), "w+", dtype, shape)
            os.replace(path + ".%d" % os.getpid(), path)
        return np.load(path, mmap_mode="r+")

    def get(self, slots, compute):
        """compute(positions within slots that are missing) -> [n, 49, channels]."""
        missing = np.flatnonzero(self.there[slots] == 0)
        if len(missing):
            self.values[slots[missing]] = compute(missing).detach().float().numpy().astype(np.float16)
            self.there[slots[missing]] = 1
        return torch.from_numpy(self.values[slots]).bfloat16()


class Features:
    def __init__(self, model, mixture, data, name, detail):
        self.model, self.mixture, self.data, self.files = model, mixture, data, {}
        counts = np.array([VIEWS.get(r["set"], OTHERS) for r in mixture.rows])
        self.counts, self.first = counts, np.cumsum(counts) - counts
        folder = os.path.join(D.RUNS, "cache", name)
        if not name:
            return
        os.makedirs(folder, exist_ok=True)
        encoder = model.encoder
        self.stages = Kept(os.path.join(folder, "stages"), counts.sum(), encoder.cells * sum(encoder.fine) + sum(encoder.coarse[:-1]))
        if detail:
            self.detail = Kept(os.path.join(folder, "detail"), counts.sum(), model.detail.channels)

    def rng(self, slot):
        return np.random.default_rng([5, int(slot)])

    def picture(self, number):
        """The file's bytes of a training picture."""
        row = self.mixture.rows[number]
        if row["set"] not in self.files:
            self.files[row["set"]] = D.picture_bytes(self.data, row["set"])
        return self.files[row["set"]][row["image"]]

    def large(self, numbers, rng):
        """-> views at 448 x 448, new ones every time, and which are mirrored."""
        views = [D.view(self.picture(i), rng, 2 * D.SIZE) for i in numbers]
        return torch.tensor(np.stack([v for v, _ in views])), np.array([flip for _, flip in views])

    def draw(self, numbers, rng, detail=False):
        """Row numbers -> stages [B, 49, C'], which views are mirrored, and what the detail branch gives [B, 49, C''] or None."""
        slots = self.first[numbers] + rng.integers(0, self.counts[numbers])
        flips = np.array([D.view(np.zeros((8, 8, 3), np.uint8), self.rng(s), 1)[1] for s in slots])
        training = self.model.training
        self.model.eval()

        def stages(at):
            pixels = self.mixture.read(numbers[at])
            return self.model.encoder.stages(torch.tensor(np.stack([D.view(p, self.rng(s), D.SIZE)[0] for p, s in zip(pixels, slots[at])])))

        def details(at):
            return self.model.detail(torch.tensor(np.stack([D.view(self.picture(numbers[k]), self.rng(slots[k]), 2 * D.SIZE)[0] for k in at])))

        with torch.no_grad():
            out = self.stages.get(slots, stages), flips, self.detail.get(slots, details) if detail else None
        self.model.train(training)
        return out
