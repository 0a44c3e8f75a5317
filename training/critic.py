"""Self-critical training (Rennie et al., 2017): sampled captions are pushed up or down by how far their CIDEr-D lies above or below
that of the other samples of the same picture (the leave-one-out baseline of Luo, 2020).

A step works on one of the two looks, drawn by lot, so both get better together. The end of the sentence counts as a word: without it
captions learn to stop at "with a" (CIDEr-D does not see the missing end). Samples are drawn below temperature 1, and their
probabilities taken at the same temperature: at 1 this small a model writes captions too poor to learn from.
"""
import numpy as np
import torch

import data as D
from model import prefix_bias
from score import Cider, words
from second import SecondLoss

END = ["<eos>"]


def sample(language, visual, drafts, k, most, temperature=1.0):
    """k captions per row at once, as k columns over one shared prefix. visual [B, P, D], drafts: token lists or None -> per row k token lists."""
    b = visual.shape[0]
    prefix = D.pack([[] for _ in range(b)], drafts) if drafts is not None else None
    x, group = visual, torch.zeros(b, 0, dtype=torch.int64)
    if prefix is not None:
        x = torch.cat([visual, language.embed(prefix["ids"], prefix["positions"], prefix["segments"]).to(visual.dtype)], 1)
        group = prefix["group"]
    bias, past = prefix_bias(group, visual.shape[1]), []
    for block in language.blocks:
        x, kv, _ = block(x, bias)
        past.append(kv)
    seen = bias[:, :, -1:].expand(-1, -1, k, -1)  # the last row of the prefix sees all of it but padding
    own = (1.0 - torch.eye(k))[None, None].expand(b, -1, -1, -1) * -1e9
    ids = torch.full((b, k), D.BOS)
    written, ended = [], torch.zeros(b, k, dtype=torch.bool)
    for step in range(most):
        seen = torch.cat([seen, own], 3)
        x = language.embed(ids, torch.full_like(ids, step), torch.zeros_like(ids))
        for i, block in enumerate(language.blocks):
            x, past[i], _ = block(x, seen, past[i])
        logits = language.logits(language.norm(x)).float() / temperature
        logits[..., [D.PAD, D.BOS, D.DRAFT]] = -1e9
        if step == 0:
            logits[..., D.EOS] = -1e9
        ids = torch.multinomial(torch.softmax(logits.flatten(0, 1), -1), 1).view(b, k)
        ids = ids.masked_fill(ended, D.EOS)
        written.append(ids)
        ended |= ids == D.EOS
        if ended.all():
            break
    table = torch.stack(written, 2).tolist()
    return [[row[:row.index(D.EOS)] if D.EOS in row else row for row in rows] for rows in table], ended


class CriticLoss(SecondLoss):
    def __init__(self, run, data, tok, rows):
        super().__init__(run, data, tok, rows)
        self.cider = Cider([[words(t) + END for t in r["captions"]] for r in rows])

    def rewards(self, index, flips, samples, ended):
        """-> float32 [B, k]: CIDEr-D of each sample, 1 where the tables say 100."""
        out = np.zeros((len(index), len(samples[0])), np.float32)
        for b, (i, flipped) in enumerate(zip(index, flips)):
            for j, ids in enumerate(samples[b]):
                text = self.tok.decode(ids)
                out[b, j] = self.cider.one(words(D.flip_words(text) if flipped else text) + (END if ended[b, j] else []), i)
        return torch.from_numpy(out)

    def __call__(self, epoch, index, views, captions, flips):
        """-> {"critic" (the loss), "glance" or "own" (cross entropy, weighted), "reward" (logged only: no gradient)}."""
        model, c = self.run.model, self.c
        rng = np.random.default_rng([c["seed"], 13, self.run.step])  # all workers draw the same look
        private = np.random.default_rng([c["seed"], 17, self.run.step, self.run.rank])
        visual, features = model.look(views, self.run.frozen(epoch))
        drafts, name = None, "glance"
        if rng.random() < c["second_share"]:
            name, drafts = "own", D.encode_all(self.tok, [self.own_draft(i, f, private) for i, f in zip(index, flips)])
            visual = model.refine(visual, features, D.pad_drafts(drafts))
        model.eval()
        with torch.no_grad():
            samples, ended = sample(model.language, visual.detach(), drafts, c["samples"], c["most"], c["temperature"])
        model.train()
        reward = self.rewards(index, flips, samples, ended)
        k = c["samples"]
        gain = reward - (reward.sum(1, keepdim=True) - reward) / (k - 1)
        pack = D.pack(samples, drafts)
        states = model.language.hidden(visual, pack)
        at = pack["targets"] >= 0
        logp = torch.log_softmax(model.language.logits(states[at]).float() / c["temperature"], -1).gather(1, pack["targets"][at][:, None])[:, 0]
        weight = gain[at.nonzero()[:, 0], pack["group"][at] - 1]
        out = {"critic": -(weight * logp).sum() / len(logp),
               name: c["truth"] * model.loss(visual, D.pack(captions, drafts), c["smoothing"])}
        self.run.noted = {"reward " + name: 100 * float(reward.mean())}
        return out
