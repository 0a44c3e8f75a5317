"""Beam search over the decoder graph, step for step what the TypeScript runtime does. Greedy is one beam.

A pass may have several views: visual tokens, each with a draft to read or without. Its logits are the mean of theirs, so a token's probability is
the geometric mean of what it is from each view. A hypothesis scores the sum of log softmax(logits) of its tokens. Banned (score -inf, no renormalisation): pad, bos, draft; eos at the first
step; the token just written; a token completing an n-gram the hypothesis already has. Each step takes the best 2 * beams candidates of all live hypotheses (ties:
lower live index, then lower token id) and walks them best first: eos within the first `beams` finishes a hypothesis (score / length **
penalty, eos counted), eos further down is ignored, another token goes on until `beams` are live. It ends with the step after which `beams`
hypotheses are finished, or at max_tokens, where the live ones count as finished as they are.
"""
import typing

import numpy as np
import torch

from data import center_crop
from model import DecoderGraph
from text import BOS, DRAFT, EOS, PAD, pad_drafts

# centerCrop: pixels of the 448 x 448 picture left out on each side in the second pass, the rest enlarged; bothPasses: the second pass writes from both views,
# the glance's tokens and the refined ones; readsDraft: the latter stand before the draft
GREEDY = {"beams": 1, "maxTokens": 24, "noRepeatNgram": 3, "lengthPenalty": 1.0, "centerCrop": 32, "bothPasses": True, "readsDraft": False}


def log_softmax(logits):
    logits = logits.astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def banned_tokens(tokens, n):
    """Tokens that would complete an n-gram which `tokens` already holds, and the newest one: no caption stutters."""
    if n == 0 or not tokens:
        return []
    if len(tokens) + 1 < n:
        return tokens[-1:]
    tail = tokens[len(tokens) - n + 1:]
    return tokens[-1:] + [tokens[i + n - 1] for i in range(len(tokens) - n + 1) if tokens[i:i + n - 1] == tail]


def best_candidates(scores, count):
    """Flat scores -> indices of the best `count` finite ones, best first, ties by lower index."""
    if len(scores) > count:
        edge = np.partition(scores, -count)[-count]
        index = np.flatnonzero(scores >= max(edge, np.finfo(np.float64).min))
    else:
        index = np.flatnonzero(np.isfinite(scores))
    return index[np.lexsort((index, -scores[index]))][:count]


class Written(typing.NamedTuple):
    """A caption as one pass wrote it."""
    tokens: list  # without eos
    probability: float  # the geometric mean of the tokens' probabilities, with eos: how well it ranks captions, score.py --reliability
    steps: list  # of each token, eos included: its log probability, and the entropy of the distribution that it was chosen from, in nats


class Beam:
    """The hypotheses of one picture."""

    def __init__(self, options):
        self.o, self.live, self.finished = options, [([], 0.0, [])], []  # tokens, sum of log-probabilities, as Written.steps

    def done(self):
        return len(self.finished) >= self.o["beams"] or not self.live

    def step(self, logp):
        """logp float64 [live, V] -> for each new live hypothesis the old one it goes on from."""
        logp, whole, beams = logp.copy(), logp, self.o["beams"]
        logp[:, [PAD, BOS, DRAFT]] = -np.inf
        for i, (tokens, _, _) in enumerate(self.live):
            if not tokens:
                logp[i, EOS] = -np.inf
            logp[i, banned_tokens(tokens, self.o["noRepeatNgram"])] = -np.inf
        flat = (logp + np.array([s for _, s, _ in self.live])[:, None]).reshape(-1)
        entropies = -(np.exp(whole) * whole).sum(-1)
        live, parents = [], []
        for rank, at in enumerate(best_candidates(flat, 2 * beams)):
            parent, token = divmod(int(at), logp.shape[1])
            tokens, _, steps = self.live[parent]
            steps = steps + [(float(whole[parent, token]), float(entropies[parent]))]
            if token == EOS:
                if rank < beams:
                    self.finish(tokens, flat[at], len(tokens) + 1, steps)
            elif len(live) < beams:
                live.append((tokens + [token], flat[at], steps))
                parents.append(parent)
        self.live = live
        if live and len(live[0][0]) >= self.o["maxTokens"] and not self.done():
            for tokens, total, steps in live:
                self.finish(tokens, total, len(tokens), steps)
        return parents

    def finish(self, tokens, total, length, steps):
        self.finished.append((total / length ** self.o["lengthPenalty"], Written(tokens, float(np.exp(total / length)), steps)))

    def best(self):
        return max(self.finished, key=lambda f: f[0])[1]  # max keeps the first of equals


class View:
    """One view of a batch of pictures: the decoder's cache behind visual [B, N, D] and drafts (token lists, the second pass) or None."""

    def __init__(self, decoder, visual, drafts, dims):
        b, n = visual.shape[:2]
        ids = torch.full((b, 1), BOS)
        positions, segments, mask = torch.zeros_like(ids), torch.zeros_like(ids), torch.ones((b, n + 1), dtype=torch.int64)
        if drafts is not None:
            width = max(map(len, drafts))
            head = torch.tensor([[DRAFT] + list(d) + [PAD] * (width - len(d)) for d in drafts])
            count = torch.arange(width + 1)[None].expand(b, -1)
            seen = (count <= torch.tensor([len(d) for d in drafts])[:, None]).long()
            ids = torch.cat([head, ids], 1)
            positions = torch.cat([count * seen, positions], 1)
            segments = torch.cat([torch.ones_like(head), segments], 1)
            mask = torch.cat([mask[:, :n], seen, mask[:, n:]], 1)
        past = torch.zeros(dims["layers"], 2, b, dims["heads"], 0, dims["headDim"])
        self.decoder, self.mask, self.empty = decoder, mask, visual[:, :0]
        logits, self.past, _ = decoder(visual, ids, positions, segments, mask, past, torch.arange(b))
        self.logits = logits[:, -1].float().cpu()

    def step(self, rows, ids, position):
        """rows [B'] (which row each goes on from), ids [B', 1]."""
        self.mask = torch.cat([self.mask[rows], torch.ones((len(rows), 1), dtype=torch.int64)], 1)
        empty = self.empty[:1].expand(len(rows), -1, -1)
        logits, self.past, _ = self.decoder(empty, ids, torch.full_like(ids, position), torch.zeros_like(ids), self.mask, self.past, rows)
        self.logits = logits[:, -1].float().cpu()


def write(views, options, dims):
    """One pass for a batch. views: [(decoder, visual [B, N, D], drafts as token lists or None)];
    decoder(visual, ids, positions, segments, mask, past, rows) -> logits, present, attention, all torch tensors. -> [Written] per row."""
    b = len(views[0][1])
    views, beams = [View(decoder, visual, drafts, dims) for decoder, visual, drafts in views], [Beam(options) for _ in range(b)]
    owner = list(range(b))  # the picture that each decoder row belongs to
    for step in range(1, options["maxTokens"] + 1):
        logp = log_softmax(sum(view.logits for view in views).numpy() / len(views))
        keep, token, owners, at = [], [], [], 0
        for i in sorted(set(owner)):
            live = len(beams[i].live)
            parents = beams[i].step(logp[at:at + live])
            if not beams[i].done() and step < options["maxTokens"]:
                keep += [at + p for p in parents]
                token += [h[0][-1] for h in beams[i].live]
                owners += [i] * len(parents)
            at += live
        if not owners:
            break
        owner, rows, ids = owners, torch.tensor(keep), torch.tensor(token)[:, None]
        for view in views:
            view.step(rows, ids, step)
    return [beam.best() for beam in beams]


def dims_of(model):
    c = model.config
    return {"layers": c["layers"], "heads": c["heads"], "headDim": c["width"] // c["heads"]}


def decoders_of(model):
    """Those of the first pass and of the second."""
    return DecoderGraph(model.language, model.encoder.tokens), DecoderGraph(model.second_language, model.encoder.tokens)


def caption_pictures(model, pixels, options=GREEDY, passes=2, batch=125):
    """uint8 [n, 448, 448, 3] (or, for one pass, [n, 224, 224, 3]) -> for each pass the token lists of all pictures."""
    first_decoder, second_decoder, dims = *decoders_of(model), dims_of(model)
    out = [[] for _ in range(passes)]
    with torch.no_grad():
        for start in range(0, len(pixels), batch):
            batch_pixels = np.array(pixels[start:start + batch])
            glance = model.encode(torch.tensor(batch_pixels))[0]
            first = [(first_decoder, glance, None)]
            texts = [w.tokens for w in write(first, options, dims)]
            out[0] += texts
            if passes == 1:
                continue
            features = model.features(torch.tensor(center_crop(batch_pixels, options["centerCrop"])))
            for texts_of_pass in out[1:]:
                second = [(second_decoder, model.refine(glance, features, pad_drafts(texts)), model.prompt(texts))]
                texts = [w.tokens for w in write(first + second if options["bothPasses"] else second, options, dims)]
                texts_of_pass += texts
    return out
