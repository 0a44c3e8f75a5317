"""Self-critical training (Rennie et al., 2017): sampled captions are pushed up or down by how far their CIDEr-D lies above or below
that of the other samples of the same picture (the leave-one-out baseline of Luo, 2020).

Every step trains both looks alike: captions sampled from the first are judged, one of them is the draft of the second, and captions sampled
from that are judged in their turn. So drafts are always the present model's own, and the looks get the same number of updates. With `looks: 1` the
first is trained alone; in the stage `again` DeepLens alone is, whose look sees the picture `closer` as in search.GREEDY.
The end of the sentence counts as a word: without it captions learn to stop at "with a" (CIDEr-D does not see the missing end). Samples are
drawn below temperature 1, and their probabilities taken at the same temperature: at 1 this small a model writes captions too poor to learn from.
"""
import numpy as np
import torch

import data as D
from sample import own_drafts, sample
from score import Cider, words

END = ["<eos>"]


class CriticLoss:
    def __init__(self, run, data, tok, rows):
        self.run, self.tok, self.c = run, tok, run.c
        self.cider = Cider([[words(t) + END for t in r["captions"]] for r in rows])

    def rewards(self, index, flips, samples, ended):
        """-> float32 [B, k]: CIDEr-D of each sample, 1 where the tables say 100."""
        out = np.zeros((len(index), len(samples[0])), np.float32)
        for b, (i, flipped) in enumerate(zip(index, flips)):
            for j, ids in enumerate(samples[b]):
                text = self.tok.decode(ids)
                out[b, j] = self.cider.one(words(D.flip_words(text) if flipped else text) + (END if ended[b, j] else []), i)
        return torch.tensor(out)

    def judge(self, language, visual, drafts, index, flips):
        """visual [B, N, D], drafts: token lists or None -> loss, the samples (per row k token lists), their mean reward."""
        model, k, temperature = self.run.model, self.c["samples"], self.c["temperature"]
        model.eval()
        with torch.no_grad():
            samples, ended = sample(language, visual.detach(), drafts, k, self.c["most"], temperature)
        model.train()
        reward = self.rewards(index, flips, samples, ended)
        gain = reward - (reward.sum(1, keepdim=True) - reward) / (k - 1)
        pack = D.pack(samples, drafts)
        states = language.hidden(visual, pack)
        at = pack["targets"] >= 0
        logp = torch.log_softmax(language.logits(states[at]).float() / temperature, -1).gather(1, pack["targets"][at][:, None])[:, 0]
        weight = gain[at.nonzero()[:, 0], pack["group"][at] - 1]
        return -(weight * logp).sum() / len(logp), samples, 100 * float(reward.mean())

    def __call__(self, epoch, index, views, captions, flips):
        """-> losses that the caller adds up: "second" but where one look is trained, and "glance" but for the stage `again`."""
        model = self.run.model
        glance, features = model.look(views, self.run.frozen(epoch))
        parts, noted = {}, {}
        if self.c["stage"] == "again":
            if self.c["closer"]:
                features = model.look(torch.tensor(D.closer(views.cpu().numpy(), self.c["closer"])), self.run.frozen(epoch))[1]
            drafts = own_drafts(model, glance, self.c["most"], self.c["temperature"])
        else:
            parts["glance"], samples, noted["reward glance"] = self.judge(model.language, glance, None, index, flips)
            drafts = [s[0] for s in samples]
        self.run.noted = noted
        if self.c["looks"] == 1:
            return parts
        refined = model.refine(glance, features, D.pad_drafts(drafts))
        parts["second"], _, noted["reward second"] = self.judge(model.rewriter, refined, model.prompt(drafts), index, flips)
        return parts
