"""The loss of the second look: rule-made pseudo-drafts and the model's own drafts, beside the glance's own loss.

Each picture is read once, behind one draft:
  own      a caption sampled from the present glance           ->  the `nearest` references closest to it
  pseudo   a reference with 0-3 errors (see perturb.py)        ->  that reference
Sampled, not greedy: on pictures that the glance is trained on, its best caption is better than those it will write for new pictures, and the
second look would learn that drafts can be trusted; at `temperature` the samples are about as good as a greedy draft of a new picture.
"""
import numpy as np
import torch

import data as D
from perturb import Perturber
from sample import own_drafts
from score import words


def overlap(a, b):
    """F1 of two word sets: enough to tell which reference a draft is closest to."""
    a, b = set(words(a)), set(words(b))
    return 2 * len(a & b) / max(1, len(a) + len(b))


class SecondLoss:
    def __init__(self, run, data, tok, rows):
        self.run, self.tok, self.rows, self.c = run, tok, rows, run.c
        self.perturb = Perturber([t for r in rows for t in r["captions"]])

    def __call__(self, epoch, index, views, captions, flips):
        """-> {"glance", "second"}: losses that the caller adds up."""
        model, c = self.run.model, self.c
        rng = np.random.default_rng([c["seed"], 11, self.run.step, self.run.rank])
        glance, features = model.look(views, self.run.frozen(epoch))
        drafts, targets = [], []
        for i, flipped, tokens, ids in zip(index, flips, captions, own_drafts(model, glance, c["most"], c["temperature"])):
            texts = [D.flip_words(t) if flipped else t for t in self.rows[i]["captions"]]
            if rng.random() < c["own_share"]:
                draft = self.tok.decode(ids)
                best = sorted(range(5), key=lambda k: -overlap(draft, texts[k]))[:c["nearest"]]
            else:
                best = [int(rng.integers(5))]
                draft = self.perturb(texts[best[0]], rng)
            drafts.append(draft)
            targets.append([tokens[k] for k in best])
        drafts = D.encode_all(self.tok, drafts)
        refined = model.refine(glance, features, D.pad_drafts(drafts))
        some = max(1, int(c["glance_share"] * len(index)))  # the glance has had its training: a part of the batch keeps it
        return {"second": model.loss(refined, D.pack(targets, model.prompt(drafts)), c["smoothing"], model.rewriter),
                "glance": c["glance_share"] * model.loss(glance[:some], D.pack(captions[:some]), c["smoothing"])}
