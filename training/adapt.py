"""The loss of the stage `adapt`: both passes learn new kinds of pictures and keep what they write of all others.

Pictures of the set `scenes` (scenes.py) are learnt by cross entropy. On all other pictures both passes are held to what they said when the stage began (or to what `teacher` in the config says): the
Kullback-Leibler divergence of every next word, along a caption by a person and along a draft sampled from the present first pass (Li and Hoiem, 2016,
"Learning without Forgetting"; Agarwal et al., 2024, for the samples). Cross entropy on them would undo what the critic taught. Encoder and detail branch stay.

With `honest` in the config, the second pass alone is trained, on what both views write together (search.py). Words for things that the picture does not show
(absent.py) are taken out of what the teacher says, also along the drafts of scenes.
"""
import numpy as np
import torch
import torch.nn.functional as F

import text as T
from absent import Absent
from model import Captioner
from sample import own_drafts
from second import SecondLoss

SCENES = "scenes"
MARGINS = (16, 49)  # of the centre crop, in pixels of 448


class AdaptLoss(SecondLoss):
    def __init__(self, run, mixture, tok, targets):
        super().__init__(run, mixture, tok, targets)
        self.teacher = Captioner(run.c["model"])  # not a copy of run.model, which may be resumed
        self.teacher.load_state_dict(run.first_weights(run.data, run.c["teacher"]))
        self.teacher.eval().requires_grad_(False)
        self.absent = Absent(run.data, tok, tok.get_vocab_size()) if run.c["honest"] else None

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

    @staticmethod
    def losses(views, taught, pack, learnt, absent):
        """views, taught: [(language, visual tokens)] that write together; learnt: how many captions of each row are of a scene; absent: words that the picture rules out,
        or None. -> cross entropy over the captions of scenes, divergence from what is taught over all others."""
        at = pack["targets"] >= 0
        row = at.nonzero()[:, 0]
        targets, learn = pack["targets"][at], pack["group"][at] <= learnt[row]
        logp = F.log_softmax(sum(language.logits(language.hidden(visual, pack)[at]).float() for language, visual in views) / len(views), -1)
        with torch.no_grad():
            past = sum(language.logits(language.hidden(visual, pack)[at][~learn]).float() for language, visual in taught) / len(taught)
            if absent is not None:
                past = past.masked_fill(absent[row[~learn]], -30.0)
            past = F.log_softmax(past, -1)
        cross = F.nll_loss(logp[learn], targets[learn], reduction="sum") / max(1, int(learn.sum()))
        return cross, F.kl_div(logp[~learn], past, reduction="sum", log_target=True) / max(1, int((~learn).sum()))

    def __call__(self, numbers, views, flips, detail, rng):
        model, teacher, c = self.run.model, self.teacher, self.c
        rows = [self.mixture.rows[i] for i in numbers]
        absent = self.absent(rows, views) if self.absent else None
        with torch.no_grad():
            teacher_glance, stages = teacher.encode(views)
            features = teacher.features(self.inner(views, int(rng.integers(*MARGINS))))
        glance = model.connector(stages[:, :, -model.last:]) + model.place
        drafts = self.drafts(rows, flips, glance.detach(), rng)
        captions, learnt = [], []
        for row, flip, draft in zip(rows, flips, drafts):
            texts = [row["captions"][k] for k in rng.permutation(len(row["captions"]))[:2 if row["set"] == SCENES else 1]]
            tokens = T.encode_all(self.tok, map(T.flip_words, texts) if flip else texts)
            learnt.append(len(tokens) if row["set"] == SCENES else 0)
            captions.append(tokens + ([draft] if draft and (self.absent or row["set"] != SCENES) else []))
        pack, padded, learnt, parts = T.pack(captions), T.pad_drafts(drafts), torch.tensor(learnt), {}
        first, taught_first = (model.language, glance), (teacher.language, teacher_glance)
        if model.place.requires_grad:
            parts["scenes"], keep = self.losses([first], [taught_first], pack, learnt, absent)
            parts["keep"] = c["keep"] * keep
        second = (model.second, model.refine(glance, features, padded))
        with torch.no_grad():
            taught_second = (teacher.second, teacher.refine(teacher_glance, features, padded))
        together = bool(self.absent)
        parts["scenes second"], keep = self.losses([first, second] if together else [second], [taught_first, taught_second] if together else [taught_second], pack, learnt, absent)
        parts["keep second"] = c["keep"] * keep
        return parts
