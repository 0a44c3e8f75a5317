"""What all parts of the model are made of."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

ACTIVATIONS = {"relu2": lambda x: F.relu(x).square(), "relu": F.relu, "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x)}


def dropout(x, rate, training):
    """Dropout with one random byte per element: torch's own sampling took 28 % of a training step on two cores."""
    if not training or rate == 0:
        return x
    level = round(256 * rate)
    noise = torch.empty(x.numel() // 8 + 1, dtype=torch.int64, device=x.device).random_(-2**63, None).view(torch.uint8)
    keep = (noise[:x.numel()] >= level).view(x.shape)
    return x * keep.to(x.dtype).mul_(256 / (256 - level))


class Block(nn.Module):
    """Pre-norm Transformer block. Attention is written out, since the exported graph gives its weights away (and on a CPU torch's own is no faster)."""

    def __init__(self, width, heads, dropout, activation="relu2"):
        super().__init__()
        self.heads, self.hd, self.drop, self.activation = heads, width // heads, dropout, ACTIVATIONS[activation]
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
        att = torch.softmax((q / math.sqrt(self.hd)) @ kv[0].transpose(2, 3) + bias.to(q.dtype), -1)
        y = att.to(kv.dtype) @ kv[1]
        x = x + dropout(self.out(y.transpose(1, 2).reshape(b, t, d)), self.drop, self.training)
        x = x + dropout(self.down(self.activation(self.up(self.norm2(x)))), self.drop, self.training)
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
