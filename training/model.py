"""The model: an image encoder, a connector, a prefix language model, DeepLens.

Shapes: B rows, N visual tokens (49: a 7 x 7 grid), C channels of the encoder's stages, D = width, T text tokens, S cached positions, L layers,
H heads, hd = D / H. The method is arXiv 2508.21451; the default sizes are our own, chosen for two CPU cores.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from encoders import make_encoder
from tags import TagHead
from layers import Block, dropout, prefix_bias

# reads: what DeepLens is given (the ablation takes some of it away) - `layers`: more of the encoder than its last stage; `detail`: the detail
# branch; `guide`: the draft; `draft`: the second-pass decoder reads the draft as a text prompt. own: the second pass has a connector and a language
# model of its own. detail: is there a detail branch? tags: how many tags the encoder (or the
# detail branch: tags_of) is trained on (0: no head; it is not exported).
DEFAULTS = {"encoder": {"kind": "efficientnet-lite2"}, "width": 256, "layers": 5, "heads": 8, "vocab": 5120, "positions": 64, "dropout": 0.2,
            "activation": "relu2", "lens_layers": 3, "reads": ["layers", "detail", "guide"], "own": False, "detail": False, "tags": 0, "tags_of": "encoder"}


class Language(nn.Module):
    """The causal language model."""

    def __init__(self, c):
        super().__init__()
        d = c["width"]
        self.token, self.position = nn.Embedding(c["vocab"], d), nn.Embedding(c["positions"], d)
        self.segment = nn.Embedding(2, d)
        self.blocks = nn.ModuleList([Block(d, c["heads"], c["dropout"], c["activation"]) for _ in range(c["layers"])])
        self.norm, self.drop = nn.LayerNorm(d), c["dropout"]

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
    return nn.Sequential(nn.LayerNorm(last), nn.Linear(last, 2 * d), nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))


class Connector(nn.Module):
    """The encoder's last stage [B, N, last] -> visual tokens [B, N, D]."""

    def __init__(self, tokens, last, d):
        super().__init__()
        self.layers = connector(last, d)
        self.place = nn.Parameter(torch.zeros(tokens, d))

    def forward(self, x):
        return self.layers(x) + self.place


class DeepLens(nn.Module):
    """Reads several encoder stages and the detail branch on the finest grid there is, guided by the draft; what it finds is added to the glance's visual
    tokens or, for a second pass with a connector of its own, to those and to a share of the glance's that is learnt, none at first.
    The last layer starts at zero: an untrained second pass sees what its connector saw."""

    def __init__(self, c, encoder, detail=None):
        super().__init__()
        self.own, self.last = None, encoder.coarse[-1]
        if c["own"]:
            self.own, self.keep = Connector(encoder.tokens, self.last, c["width"]), nn.Parameter(torch.zeros(c["width"]))
        d, self.reads, self.cells = c["width"], c["reads"], encoder.cells
        # Channels of the parts of the features, in their order: per cell (fine) and per token (coarse) of the encoder, then of the detail branch.
        self.parts = [(encoder.fine, encoder.coarse)] + ([(detail.fine, detail.coarse)] if detail is not None else [])
        fine, coarse = (sum((p[k] for p in self.parts), ()) for k in (0, 1))
        self.norms = nn.ModuleList([nn.LayerNorm(s) for s in fine + coarse])  # stages differ tenfold in magnitude
        self.coarse = nn.Linear(sum(coarse), 2 * d)
        self.fine = nn.Linear(sum(fine), 2 * d) if fine else None
        self.features = nn.Sequential(nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))
        self.words = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))
        self.place, self.order = nn.Embedding(encoder.tokens * encoder.cells, d), nn.Embedding(c["positions"], d)
        self.blocks = nn.ModuleList([Block(d, c["heads"], c["dropout"]) for _ in range(c["lens_layers"])])
        self.norm, self.out = nn.LayerNorm(d), nn.Linear(d, d)
        self.drop = c["dropout"]

    def split(self, features):
        """features [B, N, C] -> the fine maps [B, N, cells, c] and the coarse ones [B, N, c], each a list over all parts."""
        fine, coarse, at = [], [], 0
        for n, (f, c) in enumerate(self.parts):
            size = self.cells * sum(f)
            if f:
                cells = features[:, :, at:at + size].reshape(features.shape[0], -1, self.cells, sum(f))
                fine += [m if self.keeps(n) else torch.zeros_like(m) for m in torch.split(cells, f, 3)]
            tokens = torch.split(features[:, :, at + size:at + size + sum(c)], c, 2)
            coarse += [m if self.keeps(n) or (n == 0 and k == len(c) - 1) else torch.zeros_like(m) for k, m in enumerate(tokens)]
            at += size + sum(c)
        return fine, coarse

    def keeps(self, part):
        return ("layers", "detail")[part] in self.reads

    def see(self, features):
        """features [B, N, C] -> [B, N * cells, D]: the part that does not depend on the draft."""
        fine, coarse = self.split(features)
        x = self.coarse(torch.cat([norm(m) for norm, m in zip(self.norms[len(fine):], coarse)], 2))[:, :, None]
        if fine:
            x = x + self.fine(torch.cat([norm(m) for norm, m in zip(self.norms, fine)], 3))
        return self.features(x.expand(-1, -1, self.cells, -1)).flatten(1, 2) + self.place.weight

    def ground(self, glance, features):
        """What the findings are added to: [B, N, D]."""
        if self.own is None:
            return glance
        at = self.cells * sum(self.parts[0][0]) + sum(self.parts[0][1])
        return self.keep * glance + self.own(features[:, :, at - self.last:at])

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
        self.detail = None
        if self.config["detail"]:
            from detail import Detail
            self.detail = Detail()
        self.language, self.deeplens = Language(self.config), DeepLens(self.config, self.encoder, self.detail)
        self.second = Language(self.config) if self.config["own"] else None
        self.tags = TagHead(self.last if self.config["tags_of"] == "encoder" else self.detail.channels, self.config["tags"]) if self.config["tags"] else None
        for name, p in self.named_parameters():
            if name.startswith(("encoder.", "detail.", "tags.")):
                continue
            if p.dim() > 1:
                deep = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * self.config["layers"]) if deep else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)
        nn.init.zeros_(self.deeplens.out.weight)

    def encode(self, pixels, frozen=0):
        """pixels [B, size, size, 3], or twice the size, of which 2 x 2 are averaged; or the encoder's stages [B, N, C'] as features.py keeps them
        -> glance tokens [B, N, D], features [B, N, C]."""
        if pixels.dim() == 3:
            features = self.encoder.finish(pixels, frozen)
        else:
            if pixels.shape[1] == 2 * self.encoder.size:
                pixels = pixels.float().reshape(-1, self.encoder.size, 2, self.encoder.size, 2, 3).mean((2, 4))
            features = self.encoder(pixels, frozen)
        return self.connector(features[:, :, -self.last:]) + self.place, features

    def features(self, pixels):
        """What DeepLens reads of a view [B, 448, 448, 3]: the encoder's features and, behind them, the detail branch's."""
        features = self.encode(pixels)[1]
        return features if self.detail is None else torch.cat([features, self.detail(pixels).to(features.dtype)], 2)

    def refine(self, glance, features, draft):
        """glance [B, N, D], features [B, N, C] (the encoder's, the detail branch's behind them), draft [B, T] -> refined tokens [B, N, D]."""
        return self.deeplens(self.deeplens.ground(glance, features), self.deeplens.see(features), draft, self.language.token(draft))

    @property
    def second_language(self):
        """The language model of the second pass."""
        return self.language if self.second is None else self.second

    def prompt(self, drafts):
        """Drafts as token lists -> what the language model reads of them in the second pass."""
        return drafts if "draft" in self.config["reads"] else None

    def loss(self, visual, pack, smoothing=0.1, language=None):
        """Cross entropy over the targets of the pack, only where there are any; of the first pass's language model unless another is named."""
        language = language or self.language
        states = language.hidden(visual, pack)
        at = pack["targets"] >= 0
        states, targets = states[at], pack["targets"][at]
        more = -len(targets) % 64  # few shapes: oneDNN compiles its kernels for every one anew
        logits = language.logits(F.pad(states, (0, 0, 0, more))).float()
        return F.cross_entropy(logits, F.pad(targets, (0, more), value=-100), label_smoothing=smoothing)


class DecoderGraph(nn.Module):
    """The decoder as the bundle exports it: text positions of one call, behind `visual` tokens on the first call of a pass."""

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
