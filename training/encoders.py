"""Image encoders. Each says its picture size, how many visual tokens it gives, how many cells of a finer grid lie in one of them, and the
channels of its stages per cell (`fine`) and per token (`coarse`; the last is what the glance sees); forward gives all stages on the tokens' grid.
"""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from depthwise import DepthwiseConv2d
from layers import Block


def normalise(encoder, pixels):
    """RGB 0..255 [B, H, W, 3] -> [B, 3, H, W]."""
    mean, std = (torch.tensor(v) * 255 for v in (encoder.mean, encoder.std))
    return ((pixels.float() - mean) / std).permute(0, 3, 1, 2)


class MobileNetV2(nn.Module):
    """MobileNetV2 1.0 (Sandler et al., 2018), batch norm folded into the convolutions. 14 x 14 cells within 7 x 7 tokens."""
    size, tokens, cells, fine, coarse = 224, 49, 4, (128, 96), (160, 320, 1280)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
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

    def load_imagenet(self, path):
        z = np.load(path)
        order = sorted({int(k.split("_")[1]) for k in z.files if k.startswith("conv_")})
        convs = [m for m in self.modules() if isinstance(m, nn.Conv2d)]
        assert len(order) == len(convs)
        for i, conv in zip(order, convs):
            conv.weight.data = torch.tensor(z["conv_%d_weight" % i])
            conv.bias.data = torch.tensor(z["conv_%d_bias" % i])

    def forward(self, pixels, frozen=0):
        """pixels: RGB 0..255 [B, 224, 224, 3]; the first `frozen` blocks (18 = all) get no gradient, the stem with the first of them.
        -> five stages as tokens of one 7 x 7 grid, [B, 49, 4 * (128 + 96) + 160 + 320 + 1280]: for each of a token's 2 x 2 cells the 28 x 28 map (four pixels of
        32 channels) and the 14 x 14 map (96), then the 7 x 7 maps (160, 320, 1280)."""
        x = normalise(self, pixels)
        taps = {}
        for b in range(-1, 18):
            with torch.set_grad_enabled(torch.is_grad_enabled() and max(b, 0) >= frozen):
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
        cells = [taps[5].reshape(-1, 32, 7, 2, 2, 7, 2, 2).permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(-1, 49, 4, 128),
                 taps[12].reshape(-1, 96, 7, 2, 7, 2).permute(0, 2, 4, 3, 5, 1).reshape(-1, 49, 4, 96)]
        return torch.cat([torch.cat(cells, 3).flatten(2)] + [taps[b].flatten(2).transpose(1, 2) for b in (15, 16, 17)], 2)


def same(x, kernel):
    """TensorFlow's SAME padding of a stride-2 convolution on an even side: the odd pixel goes to the right and the bottom."""
    low = (kernel - 2) // 2
    return F.pad(x, (low, kernel - 2 - low, low, kernel - 2 - low))


class EfficientNetLite2(nn.Module):
    """EfficientNet-Lite2 (Tan and Le, 2019), batch norm folded into the convolutions. 14 x 14 cells within 7 x 7 tokens."""
    size, tokens, cells, fine, coarse = 224, 49, 4, (120,), (208, 352, 1280)
    mean, std = (127 / 255,) * 3, (128 / 255,) * 3
    # (expansion, kernel, channels, repeats, first stride)
    PLAN = [(1, 3, 16, 1, 1), (6, 3, 24, 3, 2), (6, 5, 48, 3, 2), (6, 3, 88, 4, 2), (6, 5, 120, 4, 1), (6, 5, 208, 5, 2), (6, 3, 352, 1, 1)]
    LAST = 21  # what `frozen` counts: block 21 is the last convolution, 0 the first block and the stem

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2)
        self.blocks, self.strides = nn.ModuleList(), []
        cin = 32
        for expansion, kernel, cout, repeats, first in self.PLAN:
            for r in range(repeats):
                stride, mid = first if r == 0 else 1, cin * expansion
                convs = [nn.Conv2d(cin, mid, 1)] if expansion > 1 else []
                convs += [DepthwiseConv2d(mid, mid, kernel, stride, kernel // 2 if stride == 1 else 0, groups=mid), nn.Conv2d(mid, cout, 1)]
                self.blocks.append(nn.ModuleList(convs))
                self.strides.append(stride)
                cin = cout
        self.last = nn.Conv2d(cin, 1280, 1)

    load_imagenet = MobileNetV2.load_imagenet

    def block(self, b, x):
        if b == self.LAST:
            return F.relu6(self.last(x))
        if b == 0:
            x = F.relu6(self.stem(same(x, 3)))
        y, convs = x, self.blocks[b]
        for conv in convs[:-1]:
            if conv.groups > 1 and self.strides[b] == 2:
                y = same(y, conv.kernel_size[0])
            y = F.relu6(conv(y))
        y = convs[-1](y)
        return x + y if self.strides[b] == 1 and x.shape[1] == y.shape[1] else y

    def stages(self, pixels, frozen=0):
        """All blocks but the last: RGB 0..255 [B, 224, 224, 3] -> tokens of one 7 x 7 grid, [B, 49, 4 * 120 + 208 + 352]: for each of a token's 2 x 2 cells the 14 x 14
        map (120), then the 7 x 7 maps. The first `frozen` blocks get no gradient, the stem with the first of them."""
        x, taps = normalise(self, pixels), {}
        for b in range(self.LAST):
            with torch.set_grad_enabled(torch.is_grad_enabled() and b >= frozen):
                x = taps[b] = self.block(b, x)
        cells = taps[14].reshape(-1, 120, 7, 2, 7, 2).permute(0, 2, 4, 3, 5, 1).reshape(-1, 49, 480)
        return torch.cat([cells] + [taps[b].flatten(2).transpose(1, 2) for b in (19, 20)], 2)

    def finish(self, x, frozen=0):
        """What `stages` gives -> the same and behind it the last stage, [B, 49, 4 * 120 + 208 + 352 + 1280]."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and frozen <= self.LAST):
            last = self.block(self.LAST, x[:, :, -352:].transpose(1, 2).reshape(-1, 352, 7, 7))
        return torch.cat([x, last.flatten(2).transpose(1, 2).to(x.dtype)], 2)

    def forward(self, pixels, frozen=0):
        return self.finish(self.stages(pixels, frozen), frozen)


class VisionTransformer(nn.Module):
    """CLIP's image encoder (Radford et al., 2021), without the layers behind the last tap. One cell a token."""
    cells, fine = 1, ()
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

    def __init__(self, size=336, patch=14, width=1024, heads=16, taps=(13, 18, 23)):
        super().__init__()
        self.size, self.taps, self.tokens, self.coarse = size, tuple(taps), (size // patch) ** 2, (width,) * len(taps)
        self.patch = nn.Conv2d(3, width, patch, patch, bias=False)
        self.summary, self.place = nn.Parameter(torch.zeros(width)), nn.Embedding(self.tokens + 1, width)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList([Block(width, heads, 0.0, "quick_gelu") for _ in range(max(taps))])

    def forward(self, pixels, frozen=0):
        """pixels: RGB 0..255 [B, size, size, 3]; the first `frozen` blocks get no gradient, nor do the patches unless it is 0.
        -> the outputs of the tapped layers (counted from 1), [B, tokens, width * taps]."""
        taps = []
        with torch.set_grad_enabled(torch.is_grad_enabled() and frozen == 0):
            x = self.patch(normalise(self, pixels)).flatten(2).transpose(1, 2)
            x = torch.cat([self.summary.to(x.dtype).expand(x.shape[0], 1, -1), x], 1) + self.place.weight
            x = self.norm(x)
        for n, block in enumerate(self.blocks, 1):
            with torch.set_grad_enabled(torch.is_grad_enabled() and n > frozen):
                x = block(x, torch.zeros(1))[0]
            if n in self.taps:
                taps.append(x[:, 1:])
        return torch.cat(taps, 2)


def make_encoder(config):
    """config: {"kind": "mobilenetv2"} or {"kind": "vit", ...arguments of VisionTransformer}."""
    options = dict(config)
    return {"mobilenetv2": MobileNetV2, "efficientnet-lite2": EfficientNetLite2, "vit": VisionTransformer}[options.pop("kind")](**options)
