"""The loss of the second pass: cross entropy of the captions behind the refined tokens, guided by a draft.

Drafts are, by the shares in the config,
  own      a caption sampled from the present first pass (sampled, not greedy: its best captions of pictures it was trained on are better
           than those of new pictures, and the second pass would learn that drafts can be trusted)
  pseudo   one of the picture's captions with 1-3 errors (perturb.py); that caption is then not among those to be written, if there are others
  none     an empty draft
"""

import torch

import text as T
from perturb import Perturber
from sample import own_drafts


class SecondLoss:
    def __init__(self, run, mixture, tok, targets):
        self.run, self.mixture, self.tok, self.c = run, mixture, tok, run.c
        self.perturb = Perturber([t for r in mixture.rows for t in r["captions"]])

    def drafts(self, rows, flips, glance, rng):
        """-> drafts as token lists, and for each row the caption it was made of (or None)."""
        kinds = rng.choice(3, len(rows), p=self.c["drafts"])  # own, pseudo, none
        own = own_drafts(self.run.model, glance, self.c["most"], self.c["temperature"]) if (kinds == 0).any() else [[] for _ in rows]
        out, made_of = [], []
        for row, flip, kind, ids in zip(rows, flips, kinds, own):
            made_of.append(int(rng.integers(len(row["captions"]))) if kind == 1 else None)
            if kind == 1:
                text = self.perturb(row["captions"][made_of[-1]], rng, int(rng.integers(1, 4)))
                ids = T.encode_all(self.tok, [T.flip_words(text) if flip else text])[0]
            out.append(ids if kind < 2 else [])
        return out, made_of

    def __call__(self, numbers, views, flips, detail, rng):
        model, c = self.run.model, self.c
        rows = [self.mixture.rows[i] for i in numbers]
        with torch.no_grad():
            glance, features = model.encode(views)
        drafts, made_of = self.drafts(rows, flips, glance, rng)
        captions = []
        for row, flip, out in zip(rows, flips, made_of):
            texts = [t for k, t in enumerate(row["captions"]) if k != out or len(row["captions"]) == 1]
            texts = [texts[k] for k in rng.permutation(len(texts))[:c["captions"]]]
            captions.append(T.encode_all(self.tok, map(T.flip_words, texts) if flip else texts))
        refined = model.refine(glance, torch.cat([features, detail.to(features.dtype)], 2), T.pad_drafts(drafts))
        return {"second": model.loss(refined, T.pack(captions, model.prompt(drafts)), c["smoothing"], model.second_language)}
