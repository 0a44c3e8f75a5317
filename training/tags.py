"""Multi-label targets that the encoder is trained on beside the captions: the content words of a picture's captions, and the COCO classes where known.

A head gives every one of the 49 tokens a score for every tag; a picture's score is the soft maximum over them.
"""
import collections

import torch
import torch.nn as nn
import torch.nn.functional as F

from perturb import OTHER, RELATIONS

STOP = OTHER | RELATIONS | set("a an the his her their its another some there for up down out over one two's him them you your i we my into front "
                               "top back side next large small big little".split())
LEAST, MOST = 40, 1000


def tag_list(rows):
    """Training rows -> (the words that stand in the captions of at least LEAST pictures, at most MOST; COCO's class names)."""
    seen, labels = collections.Counter(), set()
    for row in rows:
        seen.update({w for t in row["captions"] for w in t.split()} - STOP)
        labels.update(row.get("labels") or ())
    return [w for w, n in seen.most_common(MOST) if n >= LEAST and len(w) > 2], sorted(labels)


class TagHead(nn.Module):
    def __init__(self, channels, count):
        super().__init__()
        self.scores = nn.Linear(channels, count)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.constant_(self.scores.bias, -5.0)

    def forward(self, last):
        """[B, N, channels] -> [B, tags]: mean of the soft maximum over the tokens and of the mean over them."""
        x = self.scores(last).float()
        return 0.5 * (torch.logsumexp(x, 1) - torch.log(torch.tensor(float(x.shape[1]))) + x.mean(1))


class TagTargets:
    def __init__(self, rows):
        self.words, self.labels = tag_list(rows)
        self.at = {w: i for i, w in enumerate(self.words)}
        self.label_at = {w: len(self.words) + i for i, w in enumerate(self.labels)}
        self.count = len(self.words) + len(self.labels)

    def __call__(self, rows):
        """-> targets [B, tags] (share of the captions that have the word, raised to 1 from a third on) and where they are known [B, tags]."""
        targets, known = torch.zeros(len(rows), self.count), torch.ones(len(rows), self.count)
        for b, row in enumerate(rows):
            for caption in row["captions"]:
                for word in set(caption.split()):
                    if word in self.at:
                        targets[b, self.at[word]] += 1 / len(row["captions"])
            for label in row.get("labels") or ():
                targets[b, self.label_at[label]] = 1
            if row.get("labels") is None:
                known[b, len(self.words):] = 0
        return (3 * targets).clamp(max=1), known


def tag_loss(scores, targets, known):
    """Binary cross entropy, summed over the tags of a picture (most tags are absent from most pictures) and scaled to the size of a caption's loss."""
    return (F.binary_cross_entropy_with_logits(scores, targets, reduction="none") * known).sum(1).mean() / 20


def average_precision(scores, truth):
    """Mean over tags that are there at all: how well scores rank the pictures that have one."""
    out = []
    for k in range(truth.shape[1]):
        right = truth[:, k] > 0
        if right.sum() >= 3:
            order = right[torch.argsort(-scores[:, k])].float()
            out.append(((order.cumsum(0) / torch.arange(1, len(order) + 1)) * order).sum() / order.sum())
    return 100 * float(torch.stack(out).mean())
