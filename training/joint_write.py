"""Captions written on a GPU without waiting for it: drawn for training, greedy for the curve."""
import torch

import text as T


@torch.no_grad()
def draw(language, visual, k, most, temperature):
    """k captions a row as k columns over one prefix, as sample.sample draws them. language: in bfloat16; visual [B, N, D]. -> ids [B, k, most], lengths
    [B, k], whether they ended [B, k]."""
    b, n = visual.shape[:2]
    x, bias, past = visual.detach().bfloat16(), torch.zeros(1, 1, n, n, dtype=torch.bfloat16), []
    for block in language.blocks:
        x, kv, _ = block(x, bias)
        past.append(kv)
    seen = torch.zeros(1, 1, k, n, dtype=torch.bfloat16)
    own = ((1.0 - torch.eye(k)) * -1e9)[None, None].bfloat16()
    ids, written, ended = torch.full((b, k), T.BOS), [], torch.zeros(b, k, dtype=torch.bool)
    for step in range(most):
        seen = torch.cat([seen, own], 3)
        x = language.embed(ids, torch.full_like(ids, step), torch.zeros_like(ids))
        for i, block in enumerate(language.blocks):
            x, past[i], _ = block(x, seen, past[i])
        logits = ban(language.logits(language.norm(x)).float() / temperature, step)
        heights = torch.softmax(logits, -1).cumsum(-1)
        ids = torch.searchsorted(heights, torch.rand(b, k, 1) * heights[..., -1:], right=True)[..., 0].clamp(max=logits.shape[-1] - 1)
        ids = ids.masked_fill(ended, T.EOS)
        written.append(ids)
        ended = ended | (ids == T.EOS)
    ids = torch.stack(written, 2)
    return ids, torch.where(ended, (ids == T.EOS).int().argmax(2), most), ended


def ban(logits, step):
    """No special token is written, and no caption is empty. Slices, since a list of indices would be copied to the GPU, which no CUDA graph can hold."""
    logits[..., T.PAD:T.BOS + 1] = -1e9
    logits[..., T.DRAFT] = -1e9
    if step == 0:
        logits[..., T.EOS] = -1e9
    return logits


class Graphed:
    """`draw` for one language model and batch size as a CUDA graph: without one, starting its kernels takes the host three times as long as they run."""

    def __init__(self, language, b, n, width, k, most, temperature):
        self.visual = torch.zeros(b, n, width, dtype=torch.bfloat16)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                draw(language, self.visual, k, most, temperature)
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.out = draw(language, self.visual, k, most, temperature)

    def __call__(self, visual):
        self.visual.copy_(visual.detach())
        self.graph.replay()
        return tuple(t.clone() for t in self.out)


@torch.no_grad()
def best(views, most=24):
    """Greedy captions from the mean of the views' logits: [(language, visual [B, N, D])] -> token lists. No word twice running; search.py also bans repeated
    n-grams, so these captions score a little less."""
    b, caches = len(views[0][1]), []
    for language, visual in views:
        x, bias, past = visual, torch.zeros(1, 1, visual.shape[1], visual.shape[1]), []
        for block in language.blocks:
            x, kv, _ = block(x, bias)
            past.append(kv)
        caches.append(past)
    n, ids = views[0][1].shape[1], torch.full((b, 1), T.BOS)
    written, ended = [], torch.zeros(b, 1, dtype=torch.bool)
    for step in range(most):
        total, bias = 0.0, torch.zeros(1, 1, 1, n + step + 1)
        for (language, _), past in zip(views, caches):
            x = language.embed(ids, torch.full_like(ids, step), torch.zeros_like(ids))
            for i, block in enumerate(language.blocks):
                x, past[i], _ = block(x, bias, past[i])
            total = total + language.logits(language.norm(x)).float()
        total = ban(total, step)
        if step:
            total.scatter_(2, ids[:, :, None], -1e9)
        ids = total.argmax(-1).masked_fill(ended, T.EOS)
        written.append(ids)
        ended = ended | (ids == T.EOS)
    return [row[:row.index(T.EOS)] if T.EOS in row else row for row in torch.cat(written, 1).tolist()]
