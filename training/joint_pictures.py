"""Training pictures on the device, read from shards that may still be arriving, and views of them made there."""
import glob
import io
import os
import pickle

import numpy as np
import torch
import torch.nn.functional as F

SIDE = 256  # of the pictures kept on the device
SIZE = 448  # of a view


def open_pictures(path):
    """A part of a shard -> [(set, row within it)], uint8 [n, 3, SIDE, SIDE]."""
    from PIL import Image
    with open(path, "rb") as f:
        items = pickle.load(f)
    os.remove(path)
    names, out = [], np.empty((len(items), SIDE, SIDE, 3), np.uint8)
    for k, (name, i, content) in enumerate(items):
        names.append((name, i))
        image = Image.open(io.BytesIO(content)).convert("RGB")
        out[k] = np.asarray(image if image.size == (SIDE, SIDE) else image.resize((SIDE, SIDE), Image.BICUBIC))
    return names, out.transpose(0, 3, 1, 2).copy()


def split_shard(path, parts):
    """A shard as smaller files, so that all processes decode."""
    with open(path, "rb") as f:
        items = pickle.load(f)
    out = ["%s.part%d" % (path, k) for k in range(parts)]
    for k, name in enumerate(out):
        with open(name, "wb") as f:
            pickle.dump(items[k::parts], f, protocol=5)
    return out


class Pictures:
    """starts, counts: of each set its first row and how many it has; pool: processes that decode."""

    def __init__(self, folder, starts, counts, shares, pool, workers):
        self.folder, self.starts, self.shares, self.pool, self.workers = folder, starts, shares, pool, workers
        self.pixels = torch.zeros((sum(counts.values()), 3, SIDE, SIDE), dtype=torch.uint8)
        self.there, self.seen, self.waiting = {name: [] for name in counts}, set(), []

    def look(self, wait=False):
        """Takes in what has arrived (with `wait`, all of it)."""
        for path in sorted(glob.glob(os.path.join(self.folder, "shards", "*.pkl"))):
            if path not in self.seen:
                self.seen.add(path)
                self.waiting += [self.pool.apply_async(open_pictures, (part,)) for part in split_shard(path, self.workers)]
        left = []
        for job in self.waiting:
            if not (wait or job.ready()):
                left.append(job)
                continue
            names, pixels = job.get()
            self.pixels[torch.tensor([self.starts[name] + i for name, i in names])] = torch.from_numpy(pixels).to(self.pixels.device)
            for name, i in names:
                self.there[name].append(self.starts[name] + i)
        self.waiting = left

    def draw(self, rng, size):
        """Row numbers of a batch, from the sets that are there by their shares."""
        names = [n for n in self.shares if self.there[n]]
        p = np.array([self.shares[n] for n in names])
        kinds = rng.choice(len(names), size, p=p / p.sum())
        return np.array([self.there[names[k]][int(rng.integers(len(self.there[names[k]])))] for k in kinds])

    def views(self, numbers, least):
        """Random views of `least` to all of either side, mirrored or not, of varied brightness, contrast and colour -> float [B, SIZE, SIZE, 3] of
        0..255, which are mirrored (numpy)."""
        n = len(numbers)
        size = least + (1 - least) * torch.rand(n, 2)
        shift = (1 - size) * (2 * torch.rand(n, 2) - 1)
        flips = torch.rand(n) < 0.5
        theta = torch.zeros(n, 2, 3)
        theta[:, 0, 0] = torch.where(flips, -size[:, 0], size[:, 0])
        theta[:, 1, 1], theta[:, :, 2] = size[:, 1], shift
        grid = F.affine_grid(theta, (n, 3, SIZE, SIZE), align_corners=False)
        out = F.grid_sample(self.pixels[torch.tensor(numbers)].float(), grid, mode="bicubic", padding_mode="border", align_corners=False)
        contrast, light, colour = (torch.empty(n, 1, 1, 1).uniform_(a, b) for a, b in ((0.72, 1.28), (-32, 32), (0.6, 1.3)))
        grey = out.mean(1, keepdim=True)
        out = grey + (out - grey) * colour
        out = ((out - 128) * contrast + 128 + light).clamp(0, 255)
        return out.permute(0, 2, 3, 1).contiguous(), flips.cpu().numpy()
