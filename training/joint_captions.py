"""Captions as tokens on the device, side by side in one row, and the rewards of drawn ones, computed by other processes while the device goes on."""
import numpy as np
import torch

import text as T
from score import words

END = ["<eos>"]  # a word to CIDEr-D, as in critic.py
INHERITED = {}  # what the processes that compute rewards inherit: tok, cider


class Captions:
    """All training captions as tokens, plain and mirrored."""

    def __init__(self, rows, tok):
        texts = [t for r in rows for t in r["captions"]]
        self.count = np.array([len(r["captions"]) for r in rows])
        self.first = np.cumsum(self.count) - self.count
        self.ids, self.lengths = np.zeros((2, len(texts), T.MAX_TOKENS), np.int64), np.zeros((2, len(texts)), np.int64)
        for flip in (0, 1):
            for k, ids in enumerate(T.encode_all(tok, map(T.flip_words, texts) if flip else texts)):
                self.ids[flip, k, :len(ids)], self.lengths[flip, k] = ids, len(ids)

    def packs(self, numbers, flips, rng, most, avoid=None):
        """Up to `most` captions of each picture; avoid: per picture the one not to take, if there are others, or None.
        -> [(positions within the batch, pack)], one for each number of captions."""
        chosen = []
        for b, i in enumerate(numbers):
            order = rng.permutation(self.count[i])
            if avoid is not None and avoid[b] is not None and self.count[i] > 1:
                order = order[order != avoid[b]]
            chosen.append(self.first[i] + order[:most])
        out = []
        for k in range(1, most + 1):
            at = np.array([b for b, c in enumerate(chosen) if len(c) == k])
            if len(at):
                which, f = np.stack([chosen[b] for b in at]), flips[at].astype(int)[:, None]
                ids, n = self.ids[f, which], self.lengths[f, which]
                out.append((torch.tensor(at), side_by_side(torch.tensor(ids[:, :, :n.max()]), torch.tensor(n), torch.tensor(n < T.MAX_TOKENS))))
        return out


def side_by_side(ids, lengths, ended):
    """ids [B, k, L], lengths and whether they ended [B, k] -> what text.pack makes of the k captions of each row, but with the padding between them."""
    b, k, most = ids.shape
    place = torch.arange(most + 1)
    inside, last = place < lengths[:, :, None], place == lengths[:, :, None]
    pad, valid = torch.full((b, k, 1), T.PAD), inside | last
    targets = torch.where(inside, torch.cat([ids, pad], 2), torch.where(last & ended[:, :, None], T.EOS, -100))
    table = {"ids": torch.cat([torch.full((b, k, 1), T.BOS), ids], 2) * valid, "positions": place.expand(b, k, -1) * valid, "segments": torch.zeros_like(targets),
             "group": torch.where(valid, torch.arange(1, k + 1)[None, :, None], -1), "targets": targets}
    return {name: t.reshape(b, k * (most + 1)) for name, t in table.items()}


def reward(job):
    """(row numbers, flips, ids [n, k, L], lengths, ended [n, k]) -> CIDEr-D [n, k], 1 where tables say 100."""
    numbers, flips, ids, lengths, ended = job
    out = np.zeros(lengths.shape, np.float32)
    for b in range(len(numbers)):
        for j in range(lengths.shape[1]):
            text = INHERITED["tok"].decode(ids[b, j, :lengths[b, j]].tolist())
            out[b, j] = INHERITED["cider"].one(words(T.flip_words(text) if flips[b] else text) + (END if ended[b, j] else []), int(numbers[b]))
    return out


class Rewards:
    def __init__(self, pool, workers):
        self.pool, self.workers = pool, workers

    def ask(self, numbers, flips, samples):
        """samples: what joint_write.draw gives. -> what `take` takes."""
        ids, lengths, ended = (t.cpu().numpy() for t in samples)
        cuts = np.array_split(np.arange(len(numbers)), self.workers)
        return self.pool.map_async(reward, [(numbers[c], flips[c], ids[c].astype(np.int16), lengths[c], ended[c]) for c in cuts if len(c)])

    @staticmethod
    def take(asked):
        """-> float32 [B, k]."""
        return torch.tensor(np.concatenate(asked.get()))
