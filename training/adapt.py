"""The loss of the stage `adapt`: both passes learn new kinds of pictures and keep what they write of all others.

Pictures of the set `scenes` (scenes.py) are learnt by cross entropy. On all other pictures both passes are held to what they said when the stage began: the
Kullback-Leibler divergence of every next word, along a caption by a person and along a draft sampled from the present first pass (Li and Hoiem, 2016,
"Learning without Forgetting"; Agarwal et al., 2024, for the samples). Cross entropy on them would undo what the critic taught. Encoder and detail branch stay.
"""
import numpy as np
import torch
import torch.nn.functional as F

import text as T
from model import Captioner
from sample import own_drafts
from second import SecondLoss

SCENES = "scenes"
MARGINS = (16, 49)  # of the centre crop, in pixels of 448


class AdaptLoss(SecondLoss):
    def __init__(self, run, mixture, tok, targets):
        super().__init__(run, mixture, tok, targets)
        self.teacher = Captioner(run.c["model"])  # not a copy of run.model, which may be resumed
        self.teacher.load_state_dict(run.first_weights(run.data))
        self.teacher.eval().requires_grad_(False)

    def drafts(self, rows, flips, glance, rng):
        """-> a draft for each row, by the shares in the config: sampled from the first pass, a caption with errors, or empty."""
        kinds = rng.choice(3, len(rows), p=self.c["drafts"])
        own = np.flatnonzero(kinds == 0)
        written = dict(zip(own.tolist(), own_drafts(self.run.model, glance[own], self.c["most"], self.c["temperature"]) if len(own) else ()))
        out = []
        for i, (row, flip) in enumerate(zip(rows, flips)):
            if kinds[i] == 1:
                text = self.perturb(row["captions"][int(rng.integers(len(row["captions"])))], rng, int(rng.integers(1, 4)))
                written[i] = T.encode_all(self.tok, [T.flip_words(text) if flip else text])[0]
            out.append(written.get(i, []))
        return out

    @staticmethod
    def inner(views, margin):
        """What data.center_crop gives, to a grey level, in a fraction of the time."""
        crop = views[:, margin:-margin, margin:-margin].permute(0, 3, 1, 2).float()
        return F.interpolate(crop, views.shape[1:3], mode="bilinear").permute(0, 2, 3, 1)

    def losses(self, visual, taught, pack, scene, language, teacher):
        """-> cross entropy over the rows of scenes, divergence from the teacher (which sees `taught`) over the others."""
        at = pack["targets"] >= 0
        states, targets, learn = language.hidden(visual, pack)[at], pack["targets"][at], scene[at.nonzero()[:, 0]]
        logp = F.log_softmax(language.logits(states).float(), -1)
        with torch.no_grad():
            past = F.log_softmax(teacher.logits(teacher.hidden(taught, pack)[at][~learn]).float(), -1)
        cross = F.nll_loss(logp[learn], targets[learn], reduction="sum") / max(1, int(learn.sum()))
        return cross, F.kl_div(logp[~learn], past, reduction="sum", log_target=True) / max(1, int((~learn).sum()))

    def __call__(self, numbers, views, flips, detail, rng):
        model, teacher, c = self.run.model, self.teacher, self.c
        rows = [self.mixture.rows[i] for i in numbers]
        scene = torch.tensor([r["set"] == SCENES for r in rows])
        with torch.no_grad():
            teacher_glance, stages = teacher.encode(views)
            features = teacher.features(self.inner(views, int(rng.integers(*MARGINS))))
        glance = model.connector(stages[:, :, -model.last:]) + model.place
        drafts = self.drafts(rows, flips, glance.detach(), rng)
        captions = []
        for row, flip, draft in zip(rows, flips, drafts):
            texts = [row["captions"][k] for k in rng.permutation(len(row["captions"]))[:2 if row["set"] == SCENES else 1]]
            tokens = T.encode_all(self.tok, map(T.flip_words, texts) if flip else texts)
            captions.append(tokens + ([draft] if draft and row["set"] != SCENES else []))
        pack, padded, parts = T.pack(captions), T.pad_drafts(drafts), {}
        if model.place.requires_grad:
            parts["scenes"], keep = self.losses(glance, teacher_glance, pack, scene, model.language, teacher.language)
            parts["keep"] = c["keep"] * keep
        with torch.no_grad():
            taught = teacher.refine(teacher_glance, features, padded)
        parts["scenes second"], keep = self.losses(model.refine(glance, features, padded), taught, pack, scene, model.second, teacher.second)
        parts["keep second"] = c["keep"] * keep
        return parts
