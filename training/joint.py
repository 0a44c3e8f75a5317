"""Trains both passes together on one GPU, by cross entropy, then rewarded by CIDEr-D: python3 joint.py configs/10-joint.json FOLDER [--workers 14]

FOLDER is what joint_data.py wrote; shards that arrive later are read as they come. Both passes read one encoding of the same view. The first pass writes captions, one of
which is the draft of the second. Their losses are added, so the encoder learns from both; the second pass gives the first pass's language model and connector no
gradient. FOLDER/out gets log.jsonl, ce.pt (the averaged weights after cross entropy) and last.pt (the averaged weights, every 45 seconds). A file FOLDER/stop ends the run;
FOLDER/seconds-<phase> holds another length for that phase. There is no resuming: such a machine is lent for minutes.
"""
import argparse
import copy
import json
import math
import multiprocessing as mp
import os
import pickle
import time

import numpy as np
import torch
import torch.nn.functional as F

import layers
import model as M
import text as T
from detail import static_shapes
from joint_captions import END, INHERITED, Captions, Rewards, side_by_side
from joint_pictures import Pictures
from joint_write import Graphed, best, draw
from perturb import Perturber
from score import Cider, words

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
MOST = 20  # tokens of a drawn caption


class Joint:
    def __init__(self, config, folder, rows, tok):
        layers.dropout = M.dropout = lambda x, rate, training: F.dropout(x, rate, training)  # the faster one on a GPU
        self.c, self.folder, self.rows, self.tok = config, folder, rows, tok
        os.makedirs(os.path.join(folder, "out"), exist_ok=True)
        saved = torch.load(os.path.join(folder, "start.pt"), map_location="cpu")
        self.model = M.Captioner(saved["config"])
        self.model.load_state_dict(saved["model"])
        static_shapes(self.model.detail.detector)
        self.model = self.model.to(DEVICE).to(memory_format=torch.channels_last)
        self.copies = {n: copy.deepcopy(getattr(self.model, n)).bfloat16().eval().requires_grad_(False) for n in ("language", "second")}
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.clock, self.step, self.graphs, self.perturb = time.time(), 0, {}, Perturber([t for r in rows for t in r["captions"]])

    def begin(self, phase):
        """A fresh optimiser; parts whose rate is 0 are frozen."""
        groups = {}
        for name, p in self.model.named_parameters():
            kind = name.split(".")[0] if name.startswith(("encoder.", "detail.")) else "rest"
            p.requires_grad_(phase["rates"][kind] > 0)
            if phase["rates"][kind] > 0:
                groups.setdefault((phase["rates"][kind], 0.05 if p.dim() > 1 and kind == "rest" else 0.0), []).append(p)
        self.opt = torch.optim.AdamW([{"params": ps, "peak": r, "weight_decay": d} for (r, d), ps in groups.items()], lr=1e-4, betas=(0.9, 0.98), fused=DEVICE == "cuda")
        self.trained, self.steps = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad], 0
        for module in self.model.modules():
            if isinstance(getattr(module, "drop", None), float):
                module.drop = phase["dropout"]

    def update(self, loss, done, warmup):
        """One step of the optimiser at the schedule's rate, then of the running average. -> the gradient's norm."""
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        rate = min(1.0, (self.steps + 1) / warmup) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
        for group in self.opt.param_groups:
            group["lr"] = group["peak"] * rate
        norm = torch.nn.utils.clip_grad_norm_([p for _, p in self.trained if p.grad is not None], 1.0)
        self.opt.step()
        self.steps, self.step = self.steps + 1, self.step + 1
        decay = min(self.c["ema"], (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_([self.average[n] for n, _ in self.trained], [p.detach() for _, p in self.trained], 1 - decay)
        return norm

    def save(self, name):
        path = os.path.join(self.folder, "out", name)
        weights = {k: (v.half() if v.is_floating_point() else v).cpu() for k, v in self.average.items()}
        torch.save({"model": weights, "config": self.model.config, "step": self.step, "seconds": time.time() - self.clock, "run": self.c}, path + ".part")
        os.replace(path + ".part", path)

    def log(self, **row):
        row = dict(at=round(time.time() - self.clock, 1), step=self.step, **row)
        with open(os.path.join(self.folder, "out", "log.jsonl"), "a") as f:
            f.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)

    def encode(self, views):
        """-> the first pass's visual tokens [B, N, D], all that DeepLens reads [B, N, C]."""
        glance, features = self.model.encode(views)
        return glance, torch.cat([features, self.model.detail(views).to(features.dtype)], 2)

    def refine(self, glance, features, draft):
        lens = self.model.deeplens
        return lens(lens.ground(glance.detach(), features), lens.see(features), draft, self.model.language.token(draft).detach())

    def draw(self, name, visual, k):
        """Captions drawn by a copy in bfloat16: autocast keeps weights that it cast without a gradient, and would then train with those."""
        source, fast = getattr(self.model, name), self.copies[name]
        with torch.no_grad():
            torch._foreach_copy_(list(fast.parameters()), list(source.parameters()))
        with torch.autocast(DEVICE, enabled=False):
            if DEVICE == "cpu":
                return draw(fast, visual, k, MOST, self.c["temperature"])
            if (name, k) not in self.graphs:
                self.graphs[name, k] = Graphed(fast, *visual.shape, k, MOST, self.c["temperature"])
            return self.graphs[name, k](visual)

    def cross_entropy(self, numbers, views, flips, rng):
        """-> the losses of both passes, figures for the log. The second pass stands behind drafts of the first, pseudo-drafts, or none (second.py)."""
        glance, features = self.encode(views)
        first = self.entropy(self.model.language, glance, self.captions.packs(numbers, flips, rng, 3))
        ids, lengths, _ = self.draw("language", glance, 1)
        kinds, made_of, pseudo = rng.choice(3, len(numbers), p=self.c["drafts"]), [None] * len(numbers), {}
        for b in np.flatnonzero(kinds == 1):
            texts = self.rows[numbers[b]]["captions"]
            made_of[b] = int(rng.integers(len(texts)))
            text = self.perturb(texts[made_of[b]], rng, int(rng.integers(1, 4)))
            pseudo[b] = T.flip_words(text) if flips[b] else text
        table = np.full((len(numbers), MOST), T.PAD)
        for b, tokens in zip(pseudo, T.encode_all(self.tok, pseudo.values())):
            table[b, :len(tokens[:MOST])] = tokens[:MOST]
        drafts = torch.where(torch.tensor(kinds == 0)[:, None], drafts_of(ids, lengths), torch.tensor(table))
        second = self.entropy(self.model.second, self.refine(glance, features, drafts), self.captions.packs(numbers, flips, rng, 3, made_of))
        return {"first": first, "second": second}, {}

    def entropy(self, language, visual, packs):
        total, count = 0.0, 0
        for at, pack in packs:
            logits = language.logits(language.hidden(visual[at], pack)).float()
            total = total + F.cross_entropy(logits.flatten(0, 1), pack["targets"].flatten(), ignore_index=-100, label_smoothing=0.1, reduction="sum")
            count = count + (pack["targets"] >= 0).sum()
        return total / count

    def critic(self, numbers, views, flips, rng):
        """-> the losses of both passes as critic.py has them, the mean rewards. The rewards of one pass are computed while the other is written."""
        glance, features = self.encode(views)
        one = self.draw("language", glance, self.c["samples"])
        asked = self.rewards.ask(numbers, flips, one)
        refined = self.refine(glance, features, drafts_of(*one[:2]))
        two = self.draw("second", refined, self.c["samples"])
        reward = self.rewards.take(asked)
        asked = self.rewards.ask(numbers, flips, two)
        parts = {"first": self.judge(self.model.language, glance, one, reward)}
        reward_two = self.rewards.take(asked)
        parts["second"] = self.judge(self.model.second, refined, two, reward_two)
        return parts, {"reward": 100 * float(reward.mean()), "reward of two": 100 * float(reward_two.mean())}

    def judge(self, language, visual, samples, reward):
        gain = reward - (reward.sum(1, keepdim=True) - reward) / (reward.shape[1] - 1)
        pack = side_by_side(*samples)
        logits = language.logits(language.hidden(visual, pack)).float() / self.c["temperature"]
        valid = pack["targets"] >= 0
        logp = torch.log_softmax(logits, -1).gather(2, pack["targets"].clamp(min=0)[:, :, None])[:, :, 0]
        weight = gain.to(logp.device).gather(1, (pack["group"] - 1).clamp(min=0)) * valid
        return -(weight * logp).sum() / valid.sum()

    def phase(self, phase, val):
        self.begin(phase)
        loss_of, seconds, began, recent, seen = getattr(self, phase["loss"]), phase["seconds"], time.time(), [], 0
        looked = saved = began
        changed = os.path.join(self.folder, "seconds-" + phase["loss"])
        self.model.train()
        while time.time() - began < seconds and not os.path.exists(os.path.join(self.folder, "stop")):
            if os.path.exists(changed):
                with open(changed) as f:
                    seconds = float(f.read() or seconds)
            rng = np.random.default_rng([self.c["seed"], self.step])
            torch.manual_seed(self.c["seed"] * 1000003 + self.step)
            if self.step % 10 == 0:
                self.pictures.look()
            numbers = self.pictures.draw(rng, self.c["batch"])
            views, flips = self.pictures.views(numbers, self.c["least"])
            with torch.autocast(DEVICE, dtype=torch.bfloat16):
                parts, noted = loss_of(numbers, views, flips, rng)
            norm = self.update(sum(parts.values()), (time.time() - began) / seconds, phase["warmup"])
            seen += len(numbers)
            recent.append({**{k: v.detach() for k, v in parts.items()}, **noted, "norm": norm})
            if self.steps % 25 == 0:
                self.log(phase=phase["loss"], seen=seen, rate=round(seen / (time.time() - began)), **{k: round(float(np.mean([float(r[k]) for r in recent])), 4) for k in recent[0]})
                recent = []
            if time.time() - saved > 45:
                self.save("last.pt")
                saved = time.time()
            if time.time() - looked > self.c["evaluate_seconds"]:
                self.evaluate(val)
                looked = time.time()
        self.model.load_state_dict(self.average)
        self.evaluate(val)

    def evaluate(self, val):
        """Logs CIDEr-D of the averaged weights, one pass and two."""
        live = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        self.model.eval()
        torch.backends.cudnn.benchmark = False  # a search for the fastest kernels of these few batches would take longer than they do
        texts, out = ([], []), {}
        with torch.no_grad(), torch.autocast(DEVICE, dtype=torch.bfloat16):
            for pixels in val["pixels"].split(256):
                first = (self.model.language, self.model.encode(pixels.float())[0])
                drafts = best([first])
                inner = F.interpolate(pixels[:, 48:-48, 48:-48].permute(0, 3, 1, 2).float(), (448, 448), mode="bilinear", align_corners=False).permute(0, 2, 3, 1)
                refined = self.refine(first[1], self.encode(inner)[1], T.pad_drafts(drafts))
                for n, ids in enumerate((drafts, best([first, (self.model.second, refined)]))):
                    texts[n].extend(map(self.tok.decode, ids))
        for n, name in enumerate(("one", "two")):
            out[name] = {part: round(100 * float(np.mean([val["cider"][part].one(words(texts[n][i]), i - s.start) for i in range(s.start, s.stop)])), 1)
                         for part, s in val["parts"].items()}
        self.model.load_state_dict(live)
        self.model.train()
        torch.backends.cudnn.benchmark = True
        self.log(val=out)


def drafts_of(ids, lengths):
    """The first of each row's drawn captions as a draft: ids [B, k, L], lengths [B, k] -> [B, L]."""
    return torch.where(torch.arange(ids.shape[2]) < lengths[:, :1], ids[:, 0], T.PAD)


def validation(folder, rows):
    """The pictures of val.pkl on the device, which of them belong to which set, and each set's CIDEr-D."""
    from data import decode
    with open(os.path.join(folder, "val.pkl"), "rb") as f:
        items = sorted(pickle.load(f), key=lambda t: t[:2])
    parts, refs = {}, {}
    for k, (name, i, _) in enumerate(items):
        parts[name] = slice(parts[name].start if name in parts else k, k + 1)
        refs.setdefault(name, []).append([words(c) for c in rows[name][i]["captions"]])
    return {"pixels": torch.tensor(np.stack([decode(content) for _, _, content in items])), "parts": parts, "cider": {n: Cider(r) for n, r in refs.items()}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, default=14)
    args = parser.parse_args()
    with open(args.config) as f:
        config = json.load(f)
    with open(os.path.join(args.folder, "rows.pkl"), "rb") as f:
        saved = pickle.load(f)
    rows, tok = saved["rows"], T.load_tokenizer(os.path.join(args.folder, "tokenizer.json"))
    INHERITED.update(tok=tok, cider=Cider([[words(t) + END for t in r["captions"][:5]] for r in rows]))
    pool = mp.get_context("fork").Pool(args.workers)
    if DEVICE == "cuda":
        torch.set_default_device(DEVICE)
        torch.backends.cudnn.benchmark, torch.backends.cudnn.benchmark_limit = True, 2
    joint = Joint(config, args.folder, rows, tok)
    joint.captions, joint.rewards = Captions(rows, tok), Rewards(pool, args.workers)
    joint.pictures = Pictures(args.folder, saved["starts"], saved["counts"], config["shares"], pool, args.workers)
    val = validation(args.folder, saved["val"])
    while not any(joint.pictures.there.values()):
        joint.pictures.look(wait=True)
        time.sleep(0.2)
    joint.clock = time.time()
    joint.evaluate(val)
    for n, phase in enumerate(config["phases"]):
        joint.phase(phase, val)
        joint.save("ce.pt" if n == 0 else "last.pt")
    joint.log(done=True)


if __name__ == "__main__":
    main()
