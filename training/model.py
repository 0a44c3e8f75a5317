"""The model: an image encoder, a connector, a prefix language model, DeepLens.

Shapes: B rows, N visual tokens (49: a 7 x 7 grid), C channels of the encoder's stages, D = width, T text tokens, S cached positions, L layers,
H heads, hd = D / H. The method is arXiv 2508.21451; the default sizes are our own, chosen for two CPU cores.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from encoders import make_encoder
from layers import Block, LayerNorm, dropout, prefix_bias

# reads: what the second look is given (the ablation takes some of it away) - `layers`: DeepLens sees more than the last stage;
# `guide`: it sees the draft; `draft`: the language model reads the draft. own: the second look has a connector and a language model of its own.
DEFAULTS = {"encoder": {"kind": "mobilenetv2"}, "width": 256, "layers": 5, "heads": 8, "vocab": 4096, "positions": 64, "dropout": 0.2,
            "activation": "relu2", "lens_layers": 3, "reads": ["layers", "guide", "draft"], "own": False}


class Language(nn.Module):
    """The causal language model: one set of weights writes both looks."""

    def __init__(self, c):
        super().__init__()
        d = c["width"]
        self.token, self.position = nn.Embedding(c["vocab"], d), nn.Embedding(c["positions"], d)
        self.segment = nn.Embedding(2, d)
        self.blocks = nn.ModuleList([Block(d, c["heads"], c["dropout"], c["activation"]) for _ in range(c["layers"])])
        self.norm, self.drop = LayerNorm(d), c["dropout"]

    def embed(self, ids, positions, segments):
        return dropout(self.token(ids) + self.position(positions) + self.segment(segments), self.drop, self.training)

    def hidden(self, visual, pack):
        """visual [B, P, D] or None, pack as data.pack gives it -> states of the text positions [B, T, D]."""
        x = self.embed(pack["ids"], pack["positions"], pack["segments"])
        p = 0 if visual is None else visual.shape[1]
        if p:
            x = torch.cat([visual.to(x.dtype), x], 1)
        bias = prefix_bias(pack["group"], p)
        for block in self.blocks:
            x = block(x, bias)[0]
        return self.norm(x[:, p:])

    def logits(self, states):
        return states @ self.token.weight.t()


def connector(last, d):
    return nn.Sequential(LayerNorm(last), nn.Linear(last, 2 * d), nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))


class Connector(nn.Module):
    """The encoder's last stage [B, N, last] -> visual tokens [B, N, D]."""

    def __init__(self, tokens, last, d):
        super().__init__()
        self.layers = connector(last, d)
        self.place = nn.Parameter(torch.zeros(tokens, d))

    def forward(self, x):
        return self.layers(x) + self.place


class DeepLens(nn.Module):
    """Reads several encoder stages on the finest grid there is, guided by the draft; what it finds is added to the glance's visual tokens or,
    for a second look of its own, to those of a connector of its own and to a share of the glance's that is learnt, none at first.
    The last layer starts at zero: an untrained second look sees what its connector saw."""

    def __init__(self, c, encoder):
        super().__init__()
        self.own, self.last = None, encoder.coarse[-1]
        if c["own"]:
            self.own, self.keep = Connector(encoder.tokens, self.last, c["width"]), nn.Parameter(torch.zeros(c["width"]))
        d, self.reads, self.cells = c["width"], c["reads"], encoder.cells
        self.parts = encoder.fine, encoder.coarse
        self.norms = nn.ModuleList([LayerNorm(s) for s in encoder.fine + encoder.coarse])  # stages differ tenfold in magnitude
        self.coarse = nn.Linear(sum(encoder.coarse), 2 * d)
        self.fine = nn.Linear(sum(encoder.fine), 2 * d) if encoder.fine else None
        self.features = nn.Sequential(nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))
        self.words = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))
        self.place, self.order = nn.Embedding(encoder.tokens * encoder.cells, d), nn.Embedding(c["positions"], d)
        self.blocks = nn.ModuleList([Block(d, c["heads"], c["dropout"]) for _ in range(c["lens_layers"])])
        self.norm, self.out = LayerNorm(d), nn.Linear(d, d)
        self.drop = c["dropout"]

    def see(self, features):
        """features [B, N, C] -> [B, N * cells, D]: the part that does not depend on the draft."""
        fine, coarse = self.parts
        tokens = torch.split(features[:, :, self.cells * sum(fine):], coarse, 2)
        maps = [norm(m) for norm, m in zip(self.norms[len(fine):], tokens)]
        if "layers" not in self.reads:
            maps = [torch.zeros_like(m) for m in maps[:-1]] + maps[-1:]
        x = self.coarse(torch.cat(maps, 2))[:, :, None]
        if fine and "layers" in self.reads:
            cells = features[:, :, :self.cells * sum(fine)].reshape(features.shape[0], -1, self.cells, sum(fine))
            cells = torch.split(cells, fine, 3)
            x = x + self.fine(torch.cat([norm(m) for norm, m in zip(self.norms, cells)], 3))
        x = x.expand(-1, -1, self.cells, -1)
        return self.features(x).flatten(1, 2) + self.place.weight

    def ground(self, glance, features):
        """What the findings are added to: [B, N, D]."""
        return glance if self.own is None else self.keep * glance + self.own(features[:, :, -self.last:])

    def forward(self, ground, x, draft, words):
        """ground [B, N, D], x from see(), draft ids [B, T] padded with 0, words [B, T, D] = their embeddings -> [B, N, D]."""
        if "guide" not in self.reads:
            draft = torch.zeros_like(draft)
        w = self.words(words) + self.order(torch.arange(draft.shape[1]))
        places = x.shape[1]
        x = dropout(torch.cat([x, w], 1), self.drop, self.training)
        seen = torch.cat([torch.ones_like(draft[:, :1]).expand(-1, places), (draft != 0).to(draft.dtype)], 1)
        bias = (1.0 - seen.to(torch.float32))[:, None, None, :] * -1e9
        for block in self.blocks:
            x = block(x, bias)[0]
        found = self.out(self.norm(x[:, :places]))
        return ground + found.reshape(found.shape[0], -1, self.cells, found.shape[2]).mean(2)


class Captioner(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        self.config = dict(DEFAULTS, **(config or {}))
        d = self.config["width"]
        self.encoder = make_encoder(self.config["encoder"])
        self.last = self.encoder.coarse[-1]
        self.connector = connector(self.last, d)
        self.place = nn.Parameter(torch.zeros(self.encoder.tokens, d))
        self.language, self.deeplens = Language(self.config), DeepLens(self.config, self.encoder)
        self.second = Language(self.config) if self.config["own"] else None
        for name, p in self.named_parameters():
            if name.startswith("encoder."):
                continue
            if p.dim() > 1:
                deep = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * self.config["layers"]) if deep else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)
        nn.init.zeros_(self.deeplens.out.weight)

    def look(self, pixels, frozen=0):
        """pixels [B, size, size, 3] -> glance tokens [B, N, D], features [B, N, C]."""
        features = self.encoder(pixels, frozen)
        return self.connector(features[:, :, -self.last:]) + self.place, features

    def refine(self, glance, features, draft):
        """glance [B, N, D], features [B, N, C], draft [B, T] -> refined tokens [B, N, D]."""
        return self.deeplens(self.deeplens.ground(glance, features), self.deeplens.see(features), draft, self.language.token(draft))

    @property
    def rewriter(self):
        """The language model of the second look."""
        return self.language if self.second is None else self.second

    def prompt(self, drafts):
        """Drafts as token lists -> what the language model reads of them in the second look."""
        return drafts if "draft" in self.config["reads"] else None

    def loss(self, visual, pack, smoothing=0.1, language=None):
        """Cross entropy over the targets of the pack, only where there are any; of the first look's language model unless another is named."""
        language = language or self.language
        states = language.hidden(visual, pack)
        at = pack["targets"] >= 0
        logits = language.logits(states[at]).float()
        return F.cross_entropy(logits, pack["targets"][at], label_smoothing=smoothing)


class DecoderGraph(nn.Module):
    """The decoder as the bundle exports it: text positions of one call, behind `visual` tokens on the first call of a look."""

    def __init__(self, language, tokens):
        super().__init__()
        self.language, self.tokens = language, tokens

    def forward(self, visual, ids, positions, segments, mask, past, rows):
        """visual [B, P, D], ids / positions / segments [B, T], mask [B, S+P+T] (1 = may be attended to), past [L, 2, B0, H, S, hd],
        rows [B] (which row of `past` each row goes on from).
        -> logits [B, T, V], present [L, 2, B, H, S+P+T, hd], attention [B, T, N] over the cache's first N slots, mean of layers and heads."""
        x = torch.cat([visual, self.language.embed(ids, positions, segments)], 1)
        past = past.index_select(2, rows)
        new, seen = x.shape[1], mask.shape[1]
        order = torch.arange(seen)
        causal = (order[None, :] <= order[:new, None] + (seen - new)).to(torch.float32)
        bias = (1.0 - causal[None] * mask[:, None, :].to(torch.float32))[:, None] * -1e9
        present, attention = [], 0.0
        for layer, block in enumerate(self.language.blocks):
            x, kv, att = block(x, bias, past[layer])
            present.append(kv)
            attention = attention + att[:, :, visual.shape[1]:, :self.tokens].mean(1)
        logits = self.language.logits(self.language.norm(x[:, visual.shape[1]:]))
        return logits, torch.stack(present), attention / len(present)
