"""Self-critical training (Rennie et al., 2017): sampled captions are pushed up or down by how far their CIDEr-D lies above or below
that of the other samples of the same picture (the leave-one-out baseline of Luo, 2020).

`critic` trains the first pass, `critic-second` the second one, behind drafts of the present first pass. CIDEr-D is a mean over the references, so one
reference gives the same reward as five, only noisier.
The end of the sentence counts as a word: without it captions learn to stop at "with a" (CIDEr-D does not see the missing end). Samples are
drawn below temperature 1, and their probabilities taken at the same temperature: at 1 this small a model writes captions too poor to learn from.
"""
import numpy as np
import torch

import text as T
from sample import own_drafts, sample
from score import Cider, words

END = ["<eos>"]


class CriticLoss:
    def __init__(self, run, mixture, tok, targets):
        self.run, self.mixture, self.tok, self.c = run, mixture, tok, run.c
        self.cider = Cider([[words(t) + END for t in r["captions"][:5]] for r in mixture.rows])

    def rewards(self, numbers, flips, samples, ended):
        """-> float32 [B, k]: CIDEr-D of each sample, 1 where the tables say 100."""
        out = np.zeros((len(numbers), len(samples[0])), np.float32)
        for b, (i, flipped) in enumerate(zip(numbers, flips)):
            for j, ids in enumerate(samples[b]):
                text = self.tok.decode(ids)
                out[b, j] = self.cider.one(words(T.flip_words(text) if flipped else text) + (END if ended[b, j] else []), i)
        return torch.tensor(out)

    def judge(self, language, visual, drafts, numbers, flips):
        """visual [B, N, D], drafts: token lists or None -> loss, mean reward."""
        model, k, temperature = self.run.model, self.c["samples"], self.c["temperature"]
        model.eval()
        with torch.no_grad():
            samples, ended = sample(language, visual.detach(), drafts, k, self.c["most"], temperature)
        model.train()
        reward = self.rewards(numbers, flips, samples, ended)
        gain = reward - (reward.sum(1, keepdim=True) - reward) / (k - 1)
        pack = T.pack(samples, drafts)
        states = language.hidden(visual, pack)
        at = pack["targets"] >= 0
        logp = torch.log_softmax(language.logits(states[at]).float() / temperature, -1).gather(1, pack["targets"][at][:, None])[:, 0]
        weight = gain[at.nonzero()[:, 0], pack["group"][at] - 1]
        return -(weight * logp).sum() / len(logp), 100 * float(reward.mean())

    def __call__(self, numbers, views, flips, detail, rng):
        run, model, c = self.run, self.run.model, self.c
        if c["stage"] == "critic":
            loss, reward = self.judge(model.language, model.encode(views, run.frozen())[0], None, numbers, flips)
        else:
            with torch.no_grad():
                glance, features = model.encode(views)
            drafts = own_drafts(model, glance, c["most"], c["temperature"])
            refined = model.refine(glance, torch.cat([features, detail.to(features.dtype)], 2), T.pad_drafts(drafts))
            loss, reward = self.judge(model.second_language, refined, model.prompt(drafts), numbers, flips)
        run.noted = {"reward": reward}
        return {"critic": loss}
