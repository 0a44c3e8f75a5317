"""Trains one stage: python3 train.py configs/<run>.json [--data ../shared/data]

Stages: `lm` (the language model on text alone), `glance` (draft captions), `second` (DeepLens and the second look, the glance kept along),
`critic` (both looks, rewarded by CIDEr-D), `again` (the same for DeepLens alone or, with `whole`, for
the second look's connector and language model along).
A run lives in runs/<name>/: last.pt (resumed from when the same command is given again), log.jsonl (the curve), step-<n>.pt (evaluated
averages). Every step seeds its own randomness, so a resumed run goes on as if it had not stopped.

Each of --workers processes computes the gradient of its share of a batch on one thread; the shares meet once a step in shared memory and
every process makes the same update. On two cores that other programs use too, this waits far less than two OpenMP threads do, which
meet at every operator.
"""
import argparse
import contextlib
import json
import math
import os
import time

import numpy as np
import torch
import torch.multiprocessing as mp

import data as D
from model import Captioner

HERE = os.path.dirname(os.path.abspath(__file__))
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DEFAULTS = {"batch": 32, "lr": 6e-4, "encoder_lr": 1e-4, "language_lr": None, "lens_lr": None, "warmup": 200, "weight_decay": 0.05, "ema": 0.998, "seed": 1,
            "smoothing": 0.1, "model": {}, "init": None, "frozen": [[0, 18]], "floor": 0.05, "augment": 1.0, "eval_every": 1.0,
            "save_seconds": 180, "clip": 1.0, "closer": 0, "looks": 2, "whole": False}


class Meeting:
    """Where the workers' gradients are averaged. Two sets of buffers take turns, so that one barrier a step is enough."""

    def __init__(self, workers, size):
        self.workers, self.barrier = workers, mp.get_context("fork").Barrier(workers)
        self.buffers = torch.zeros(2, workers, size).share_memory_()
        self.captions = torch.zeros(2, 1000, 64, dtype=torch.int64).share_memory_()  # looks, validation pictures, tokens

    def average(self, rank, step, grads):
        if self.workers == 1:
            return
        mine = self.buffers[step % 2]
        flat = torch.cat([g.reshape(-1) for g in grads])
        mine[rank, :len(flat)] = flat
        self.barrier.wait(timeout=900)
        flat = mine[:, :len(flat)].mean(0)
        for g, part in zip(grads, flat.split([g.numel() for g in grads])):
            g.copy_(part.view_as(g))


class Run:
    """A run's folder, weights, optimiser and average; knows how to save, resume and log."""

    def __init__(self, config, rank, meeting):
        self.c, self.rank, self.meeting = dict(DEFAULTS, **config), rank, meeting
        self.dir = os.path.join(HERE, "runs", self.c["name"])
        os.makedirs(self.dir, exist_ok=True)
        self.model, self.step, self.seconds = Captioner(self.c["model"]), 0, 0.0
        self.noted = {}  # figures a loss wants in the log beside its parts

    def start(self, data, steps):
        c = self.c
        torch.manual_seed(c["seed"])
        last = os.path.join(self.dir, "last.pt")
        resumed = torch.load(last, map_location=DEVICE) if os.path.exists(last) else None
        if not resumed:
            if c["init"]:
                start = torch.load(os.path.join(HERE, "runs", c["init"]), map_location=DEVICE)["model"]
                self.model.load_state_dict({k: start[k] if k in start and start[k].shape == v.shape else v for k, v in self.model.state_dict().items()})
            else:
                self.model.encoder.load_imagenet(os.path.join(data, "mobilenetv2", "imagenet.npz"))
        groups = {}
        for name, p in self.model.named_parameters():
            if not self.trains(name):
                p.requires_grad_(False)
                continue
            rate = c["encoder_lr"] if name.startswith("encoder.") else c["lr"]
            if name.startswith(("language.", "second.")) and c["language_lr"]:
                rate = c["language_lr"]
            if name.startswith("deeplens.") and c["lens_lr"]:
                rate = c["lens_lr"]
            decay = c["weight_decay"] if p.dim() > 1 and not name.startswith("encoder.") else 0.0
            groups.setdefault((rate, decay), []).append(p)
        self.opt = torch.optim.AdamW([{"params": ps, "peak": r, "weight_decay": d} for (r, d), ps in groups.items()], lr=c["lr"], betas=(0.9, 0.98))
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.steps, self.saved = steps, time.time()
        if resumed:
            self.model.load_state_dict(resumed["live"])
            self.average, self.step, self.seconds = resumed["model"], resumed["step"], resumed["seconds"]
            self.opt.load_state_dict(resumed["opt"])
        self.model = self.model.to(memory_format=torch.channels_last)
        self.clock = time.time() - self.seconds

    def trains(self, name):
        """Which weights a stage touches."""
        stage = self.c["stage"]
        if stage == "lm":
            return name.startswith("language.")
        if stage == "again":
            return name.startswith(("deeplens.", "second.")) and (self.c["whole"] or not name.startswith(("deeplens.own.", "second.")))
        return stage != "glance" or not name.startswith("deeplens.")

    def update(self, loss):
        """One optimiser step with the rate of the schedule, then the running average."""
        c = self.c
        done = self.step / self.steps
        rate = min(1.0, (self.step + 1) / c["warmup"]) * (c["floor"] + (1 - c["floor"]) * 0.5 * (1 + math.cos(math.pi * done)))
        for group in self.opt.param_groups:
            group["lr"] = group["peak"] * rate
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.meeting.average(self.rank, self.step, [p.grad for g in self.opt.param_groups for p in g["params"] if p.grad is not None])
        torch.nn.utils.clip_grad_norm_([p for g in self.opt.param_groups for p in g["params"]], c["clip"])
        self.opt.step()
        self.step += 1
        decay = min(c["ema"], (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for k, v in self.model.state_dict().items():
                self.average[k].lerp_(v, 1 - decay) if v.is_floating_point() else self.average[k].copy_(v)
        if time.time() - self.saved > c["save_seconds"]:
            self.save()

    def save(self, name="last.pt"):
        if self.rank:
            return
        self.seconds = time.time() - self.clock
        out = {"model": self.average, "config": self.model.config, "step": self.step, "seconds": self.seconds, "run": self.c}
        if name == "last.pt":
            out.update(live=self.model.state_dict(), opt=self.opt.state_dict())
            self.saved = time.time()
        path = os.path.join(self.dir, name)
        torch.save(out, path + ".part")
        os.replace(path + ".part", path)

    def log(self, **row):
        if self.rank:
            return
        row = dict(step=self.step, seconds=round(time.time() - self.clock, 1), **row)
        with open(os.path.join(self.dir, "log.jsonl"), "a") as f:
            f.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)

    @contextlib.contextmanager
    def averaged(self):
        """The model with averaged weights, in evaluation mode, for as long as the block lasts."""
        live = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        self.model.eval()
        with torch.no_grad():
            yield self.model
        self.model.load_state_dict(live)
        self.model.train()

    def seed(self):
        return (self.c["seed"] * 1000003 + self.step) * 16 + self.rank

    def frozen(self, epoch):
        """How many encoder blocks get no gradient in this epoch: [[from epoch, blocks], ...]."""
        return [n for start, n in self.c["frozen"] if epoch >= start][-1]


def autocast():
    return torch.autocast(DEVICE, dtype=torch.bfloat16)


def train_lm(run, data, tok, rows):
    """Captions alone, no picture: batches of captions of like length."""
    c = run.c
    texts = D.encode_all(tok, D.read_text(data) + [t for r in rows for t in r["captions"]])
    held = D.encode_all(tok, [t for r in D.read_split(data, "val") for t in r["captions"]])
    per_epoch = len(texts) // c["batch"]
    run.start(data, int(c["epochs"] * per_epoch))
    while run.step < run.steps:
        rng = np.random.default_rng([c["seed"], run.step // per_epoch])
        order = rng.permutation(len(texts))[:per_epoch * c["batch"]].reshape(-1, c["batch"])
        # neighbours of like length share a batch, batches come in random order
        for start in range(0, len(order), 16):
            span = order[start:start + 16].reshape(-1)
            order[start:start + 16] = span[np.argsort([len(texts[i]) for i in span], kind="stable")].reshape(-1, c["batch"])
        order = order[rng.permutation(len(order))]
        for batch in order[run.step % per_epoch:]:
            if run.step >= run.steps:
                break
            batch = batch[run.rank::run.meeting.workers]
            torch.manual_seed(run.seed())
            with autocast():
                loss = run.model.loss(None, D.pack([[texts[i]] for i in batch]), c["smoothing"])
            run.update(loss)
            if run.step % 50 == 0:
                run.log(loss=round(loss.item(), 4))
    if run.rank:
        return
    with run.averaged() as model, autocast():
        losses = [model.loss(None, D.pack([[t] for t in held[i:i + 250]]), 0.0).item() for i in range(0, len(held), 250)]
    run.log(held_out_loss=round(float(np.mean(losses)), 4))
    run.save()


def batches(run, pixels, rows, tok, epochs):
    """Yields (epoch, picture indices, augmented pixels, captions as token lists)."""
    c, per_epoch = run.c, len(rows) // run.c["batch"]
    plain = [D.encode_all(tok, r["captions"]) for r in rows]
    mirrored = [D.encode_all(tok, [D.flip_words(t) for t in r["captions"]]) for r in rows]
    while run.step < int(epochs * per_epoch):
        epoch = run.step // per_epoch
        order = np.random.default_rng([c["seed"], epoch]).permutation(len(rows))[:per_epoch * c["batch"]].reshape(-1, c["batch"])
        rng = np.random.default_rng([c["seed"], 7, run.step, run.rank])
        torch.manual_seed(run.seed())
        index = np.sort(order[run.step % per_epoch][run.rank::run.meeting.workers])
        views, flips = D.augment(pixels[index], rng, c["augment"])
        yield run.step / per_epoch, index, views, [(mirrored if f else plain)[i] for i, f in zip(index, flips)], flips


def evaluate(run, val_pixels, val_rows, tok, looks):
    """Scores the averaged weights on the validation pictures (greedy) and keeps them. Every worker captions its share."""
    from score import score
    from search import caption_pictures
    meeting, table = run.meeting, run.meeting.captions
    with run.averaged() as model, autocast():
        written = caption_pictures(model, val_pixels[run.rank::meeting.workers], looks=looks, batch=50)
    for look, ids in enumerate(written):
        for i, tokens in enumerate(ids):
            table[look, run.rank + i * meeting.workers] = torch.tensor(tokens + [D.PAD] * (table.shape[2] - len(tokens)), device="cpu")
    meeting.barrier.wait(timeout=900)
    if run.rank:
        return
    references, out = [r["captions"] for r in val_rows], {}
    for name, rows in zip(("draft", "text"), table[:looks, :len(val_rows)].tolist()):
        s = score([tok.decode([t for t in row if t != D.PAD]).strip() for row in rows], references)
        out[name] = {k: round(s[k], 2) for k in ("CIDEr-D", "BLEU-4")}
    run.log(val=out)
    run.save("step-%d.pt" % run.step)


def train_pictures(run, data, tok, rows):
    """Stages `glance` and `second`: the same loop, another loss."""
    c, cache = run.c, os.path.join(HERE, "runs", "cache")
    val_rows, size = D.read_split(data, "val"), run.model.encoder.size
    for turn in (0, 1):  # the first worker decodes, the others find it done
        if run.rank == 0 or turn == 1:
            pixels, val_pixels = (D.read_pictures(data, split, r, cache, size) for split, r in (("train", rows), ("val", val_rows)))
        run.meeting.barrier.wait(timeout=900)
    per_epoch = len(rows) // c["batch"]
    run.start(data, int(c["epochs"] * per_epoch))
    if c["stage"] == "second":
        from second import SecondLoss
        loss_of = SecondLoss(run, data, tok, rows)
    elif c["stage"] in ("critic", "again"):
        from critic import CriticLoss
        loss_of = CriticLoss(run, data, tok, rows)
    else:
        def loss_of(epoch, index, views, captions, flips):
            visual, _ = run.model.look(views, run.frozen(epoch))
            return {"glance": run.model.loss(visual, D.pack(captions), c["smoothing"])}
    run.model.train()
    recent = []
    every = max(1, int(c["eval_every"] * per_epoch))
    for epoch, index, views, captions, flips in batches(run, pixels, rows, tok, c["epochs"]):
        with autocast():
            parts = loss_of(epoch, index, views, captions, flips)
        run.update(sum(parts.values()))
        recent.append({**{k: v.item() for k, v in parts.items()}, **run.noted})
        if run.step % 25 == 0:
            run.log(epoch=round(epoch, 2), **{k: round(float(np.mean([r[k] for r in recent if k in r])), 4) for k in sorted(set().union(*recent))})
            recent = []
        if run.step % every == 0 or run.step == run.steps:
            evaluate(run, val_pixels, val_rows, tok, 1 if c["stage"] == "glance" else c["looks"])
    run.save()


def work(rank, meeting, config, data):
    if DEVICE == "cuda":
        torch.set_default_device(DEVICE)
    torch.set_num_threads(1)
    run, rows = Run(config, rank, meeting), D.read_split(data, "train")
    tok = D.load_tokenizer(os.path.join(HERE, "runs", "tokenizer.json"))
    (train_lm if run.c["stage"] == "lm" else train_pictures)(run, data, tok, rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--data", default=os.path.join(HERE, "..", "..", "shared", "data"))
    parser.add_argument("--workers", type=int, default=2 if DEVICE == "cpu" else 1)
    args = parser.parse_args()
    with open(args.config) as f:
        config = json.load(f)
    rows, cache = D.read_split(args.data, "train"), os.path.join(HERE, "runs", "cache")
    path = os.path.join(HERE, "runs", "tokenizer.json")
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        D.make_tokenizer(D.read_text(args.data) + [t for r in rows for t in r["captions"]], path)
    meeting = Meeting(args.workers, 24 << 20)  # more than the weights of any model here
    others = [mp.get_context("fork").Process(target=work, args=(rank, meeting, config, args.data), daemon=True) for rank in range(1, args.workers)]
    for process in others:
        process.start()
    work(0, meeting, config, args.data)
    for process in others:
        process.join()


if __name__ == "__main__":
    main()
