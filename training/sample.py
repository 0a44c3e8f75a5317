"""Captions drawn from the model: what self-critical training learns from, and the drafts that the second pass is trained on."""
import torch

import text as T
from layers import prefix_bias


def sample(language, visual, drafts, k, most, temperature=1.0):
    """k captions per row at once, as k columns over one shared prefix. visual [B, P, D], drafts: token lists or None -> per row k token lists."""
    b = visual.shape[0]
    prefix = T.pack([[] for _ in range(b)], drafts) if drafts is not None else None
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
    ids = torch.full((b, k), T.BOS)
    written, ended = [], torch.zeros(b, k, dtype=torch.bool)
    for step in range(most):
        seen = torch.cat([seen, own], 3)
        x = language.embed(ids, torch.full_like(ids, step), torch.zeros_like(ids))
        for i, block in enumerate(language.blocks):
            x, past[i], _ = block(x, seen, past[i])
        logits = language.logits(language.norm(x)).float() / temperature
        logits[..., [T.PAD, T.BOS, T.DRAFT]] = -1e9
        if step == 0:
            logits[..., T.EOS] = -1e9
        heights = torch.softmax(logits, -1).cumsum(-1)  # torch.multinomial draws a number per token: a tenth of a critic step
        ids = torch.searchsorted(heights, torch.rand(b, k, 1) * heights[..., -1:], right=True)[..., 0].clamp(max=logits.shape[-1] - 1)
        ids = ids.masked_fill(ended, T.EOS)
        written.append(ids)
        ended |= ids == T.EOS
        if ended.all():
            break
    table = torch.stack(written, 2).tolist()
    return [[row[:row.index(T.EOS)] if T.EOS in row else row for row in rows] for rows in table], ended


def own_drafts(model, glance, most, temperature):
    """A draft of each picture as the present first pass writes them, without a gradient: token lists."""
    model.eval()
    with torch.no_grad():
        drafts = sample(model.language, glance.detach(), None, 1, most, temperature)[0]
    model.train()
    return [d[0] for d in drafts]
