"""The model: MobileNetV2 encoder, connector, prefix language model, DeepLens.

Shapes: B rows, N = 49 visual tokens (a 7 x 7 grid), D = width, C = channels of the stacked encoder stages, T text tokens,
S cached positions, L layers, H heads, hd = D / H.
The method is arXiv 2508.21451; sizes are our own, chosen for two CPU cores.
"""
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

N, STAGES = 49, (384, 160, 320, 1280)
DEFAULTS = {"width": 256, "layers": 5, "heads": 8, "vocab": 4096, "positions": 64, "dropout": 0.2, "lens_layers": 3}


def dropout(x, rate, training):
    """Dropout with one random byte per element: torch's own sampling took 28 % of a training step on two cores."""
    if not training or rate == 0:
        return x
    level = round(256 * rate)
    noise = torch.empty(x.numel() // 8 + 1, dtype=torch.int64, device=x.device).random_(-2**63, None).view(torch.uint8)
    keep = (noise[:x.numel()] >= level).view(x.shape)
    return x * keep.to(x.dtype).mul_(256 / (256 - level))


class Encoder(nn.Module):
    """MobileNetV2 1.0 (Sandler et al., 2018), batch norm folded into the convolutions."""
    # (expansion, channels, repeats, first stride)
    PLAN = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, 1)
        self.blocks, self.residual = nn.ModuleList(), []
        cin = 32
        for expansion, cout, repeats, first in self.PLAN:
            for r in range(repeats):
                stride, mid = first if r == 0 else 1, cin * expansion
                convs = [nn.Conv2d(cin, mid, 1)] if expansion > 1 else []
                convs += [nn.Conv2d(mid, mid, 3, stride, 1, groups=mid), nn.Conv2d(mid, cout, 1)]
                self.blocks.append(nn.ModuleList(convs))
                self.residual.append(stride == 1 and cin == cout)
                cin = cout
        self.last = nn.Conv2d(cin, 1280, 1)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]) * 255)
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]) * 255)

    def load_imagenet(self, path):
        z = np.load(path)
        order = sorted({int(k.split("_")[1]) for k in z.files})
        convs = [m for m in self.modules() if isinstance(m, nn.Conv2d)]
        assert len(order) == len(convs)
        for i, conv in zip(order, convs):
            conv.weight.data = torch.from_numpy(z["conv_%d_weight" % i]).clone()
            conv.bias.data = torch.from_numpy(z["conv_%d_bias" % i]).clone()

    def forward(self, pixels, frozen=0):
        """pixels: RGB 0..255 [B, 224, 224, 3]; the first `frozen` blocks (18 = all) get no gradient.
        -> four stages as tokens of one 7 x 7 grid: [B, 49, 384], [B, 49, 160], [B, 49, 320], [B, 49, 1280]."""
        x = ((pixels.float() - self.mean) / self.std).permute(0, 3, 1, 2)
        taps = {}
        for b in range(-1, 18):
            with torch.set_grad_enabled(torch.is_grad_enabled() and b >= frozen):
                if b == -1:
                    x = F.relu6(self.stem(x))
                elif b == 17:
                    x = F.relu6(self.last(x))
                else:
                    y = x
                    for conv in self.blocks[b][:-1]:
                        y = F.relu6(conv(y))
                    y = self.blocks[b][-1](y)
                    x = x + y if self.residual[b] else y
            taps[b] = x
        fine = taps[12]  # 14 x 14 x 96: each 2 x 2 cell becomes 384 channels of the coarse grid
        fine = fine.reshape(-1, 96, 7, 2, 7, 2).permute(0, 1, 3, 5, 2, 4).reshape(-1, 384, 7, 7)
        return [s.flatten(2).transpose(1, 2) for s in (fine, taps[15], taps[16], taps[17])]


class Block(nn.Module):
    """Pre-norm Transformer block. Attention is written out, since the exported graph gives its weights away."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.hd, self.drop = heads, width // heads, dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, bias, past=None):
        """x [B, T, D]; bias [B or 1, 1, T, S+T], 0 or very negative; past [2, B, H, S, hd].
        -> x, keys and values [2, B, H, S+T, hd], attention [B, H, T, S+T]."""
        b, t, d = x.shape
        qkv = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, self.hd).permute(2, 0, 3, 1, 4)
        q, kv = qkv[0], qkv[1:]
        if past is not None:
            kv = torch.cat([past, kv], 3)
        att = torch.softmax(q @ kv[0].transpose(2, 3) / math.sqrt(self.hd) + bias, -1)
        y = att.to(kv.dtype) @ kv[1]
        x = x + dropout(self.out(y.transpose(1, 2).reshape(b, t, d)), self.drop, self.training)
        x = x + dropout(self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh")), self.drop, self.training)
        return x, kv, att


def bias_of(allowed):
    """bool [B, T, K] -> additive [B, 1, T, K]."""
    return torch.zeros(allowed.shape).masked_fill(~allowed, -1e9)[:, None]


def prefix_bias(group, visual):
    """group [B, T] as data.pack makes it, behind `visual` tokens that every text token sees.
    Causal in the order of the row; a caption sees the prefix, the draft (group 0) and itself, never its neighbours."""
    b = group.shape[0]
    g = torch.cat([torch.zeros(b, visual, dtype=group.dtype), group], 1)
    causal = torch.ones(g.shape[1], g.shape[1]).tril().bool()
    return bias_of(causal & (g[:, None, :] >= 0) & ((g[:, None, :] == 0) | (g[:, None, :] == g[:, :, None])))


class Language(nn.Module):
    """The causal language model: one set of weights writes both looks."""

    def __init__(self, c):
        super().__init__()
        d = c["width"]
        self.token, self.position = nn.Embedding(c["vocab"], d), nn.Embedding(c["positions"], d)
        self.segment = nn.Embedding(2, d)
        self.blocks = nn.ModuleList([Block(d, c["heads"], c["dropout"]) for _ in range(c["layers"])])
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


class DeepLens(nn.Module):
    """Reads several encoder stages guided by the draft; what it finds is added to the glance's visual tokens.
    The last layer starts at zero: an untrained second look sees what the first saw."""

    def __init__(self, c):
        super().__init__()
        d = c["width"]
        self.norms = nn.ModuleList([nn.LayerNorm(s) for s in STAGES])  # stages differ tenfold in magnitude
        self.features = nn.Sequential(nn.Linear(sum(STAGES), 2 * d), nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))
        self.words = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))
        self.place, self.order = nn.Embedding(N, d), nn.Embedding(c["positions"], d)
        self.blocks = nn.ModuleList([Block(d, c["heads"], c["dropout"]) for _ in range(c["lens_layers"])])
        self.norm, self.out = nn.LayerNorm(d), nn.Linear(d, d)
        self.drop = c["dropout"]

    def see(self, features):
        """features [B, N, C] -> [B, N, D]: the part that does not depend on the draft, so several drafts of a picture share it."""
        stages = torch.split(features, STAGES, 2)
        return self.features(torch.cat([norm(s) for norm, s in zip(self.norms, stages)], 2)) + self.place.weight

    def forward(self, glance, x, draft, words):
        """glance [B, N, D], x [B, N, D] from see(), draft ids [B, T] padded with 0, words [B, T, D] = their embeddings -> [B, N, D]."""
        w = self.words(words) + self.order(torch.arange(draft.shape[1]))
        x = dropout(torch.cat([x, w], 1), self.drop, self.training)
        seen = torch.cat([torch.ones_like(draft[:, :1]).expand(-1, N), (draft != 0).to(draft.dtype)], 1)
        bias = (1.0 - seen.to(torch.float32))[:, None, None, :] * -1e9
        for block in self.blocks:
            x = block(x, bias)[0]
        return glance + self.out(self.norm(x[:, :N]))


class Captioner(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        self.config = dict(DEFAULTS, **(config or {}))
        d = self.config["width"]
        self.encoder = Encoder()
        self.connector = nn.Sequential(nn.LayerNorm(1280), nn.Linear(1280, 2 * d), nn.GELU(approximate="tanh"), nn.Linear(2 * d, d))
        self.place = nn.Parameter(torch.zeros(N, d))
        self.language, self.deeplens = Language(self.config), DeepLens(self.config)
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
        """pixels [B, 224, 224, 3] -> glance tokens [B, N, D], features [B, N, C]."""
        stages = self.encoder(pixels, frozen)
        return self.connector(stages[3]) + self.place, torch.cat(stages, 2)

    def refine(self, glance, features, draft):
        """glance [B, N, D], features [B, N, C], draft [B, T] -> refined tokens [B, N, D]."""
        return self.read(glance, self.deeplens.see(features), draft)

    def read(self, glance, x, draft):
        return self.deeplens(glance, x, draft, self.language.token(draft))

    def loss(self, visual, pack, smoothing=0.1, reduction="mean"):
        """Cross entropy over the targets of the pack, only where there are any."""
        states = self.language.hidden(visual, pack)
        at = pack["targets"] >= 0
        logits = self.language.logits(states[at]).float()
        return F.cross_entropy(logits, pack["targets"][at], label_smoothing=smoothing, reduction=reduction)


class DecoderGraph(nn.Module):
    """The decoder as the bundle exports it: text positions of one call, behind `visual` tokens on the first call of a look."""

    def __init__(self, language):
        super().__init__()
        self.language = language

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
            attention = attention + att[:, :, visual.shape[1]:, :N].mean(1)
        logits = self.language.logits(self.language.norm(x[:, visual.shape[1]:]))
        return logits, torch.stack(present), attention / len(present)
