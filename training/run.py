"""A training run: its settings, its folder of checkpoints and curve, the optimiser, and where its worker processes meet."""
import contextlib
import json
import math
import os
import time

import torch
import torch.multiprocessing as mp

import data as D
from model import Captioner

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# seconds: the run ends, and the rate of the schedule with it, after so much wall time, even if `pictures` have not all been seen
# trained: the beginnings of the names of what is trained, where it is less than the stage trains (TRAINED)
# teacher: as init, for the stage `adapt`: the weights whose answers are kept, where they are not those that it starts from
# init: a list of [checkpoint, which of its weights (a prefix), under which prefix they go on]; frozen: how many encoder blocks get no gradient, [[from picture, blocks], ...]
DEFAULTS = {"batch": 32, "pictures": 0, "lr": 6e-4, "encoder_lr": 1e-4, "language_lr": None, "warmup": 200, "weight_decay": 0.05, "ema": 0.998, "seed": 1,
            "smoothing": 0.1, "model": {}, "init": None, "frozen": [[0, 22]], "floor": 0.05, "augment": 1.6, "evaluate": 20000, "every": 1, "shares": {}, "features": None,
            "save_seconds": 180, "seconds": None, "clip": 1.0, "peer": None, "tag_share": 0.0, "captions": 3, "compile": True,
            "drafts": [0.5, 0.3, 0.2], "keep": 3.0, "samples": 5, "most": 20, "temperature": 0.6, "trained": None,
            "honest": False, "teacher": None}
TRAINED = {"lm": ("language.",), "tags": ("encoder.", "tags."), "detail": ("detail.", "tags."), "first": ("encoder.", "connector.", "place", "language.", "tags."),
           "critic": ("encoder.", "connector.", "place", "language."), "second": ("deeplens.", "second."), "critic-second": ("deeplens.", "second."),
           "adapt": ("connector.", "place", "language.", "deeplens.", "second.")}


def autocast():
    return torch.autocast(DEVICE, dtype=torch.bfloat16)


class Meeting:
    """Where the workers' gradients are averaged. Two sets of buffers take turns, so that one barrier a step is enough."""

    def __init__(self, workers, size):
        self.workers, self.barrier = workers, mp.get_context("fork").Barrier(workers)
        self.buffers = torch.zeros(2, workers, size).share_memory_()
        self.progress = torch.zeros(2).share_memory_()  # which part of the schedule is done, as worker 0 sees it
        self.captions = torch.zeros(2, 2000, 64, dtype=torch.int64).share_memory_()  # passes, validation pictures, tokens

    def average(self, rank, step, grads):
        if self.workers == 1:
            return
        mine = self.buffers[step % 2]
        flat = torch.cat([g.reshape(-1) for g in grads])
        mine[rank, :len(flat)] = flat
        self.barrier.wait(timeout=3600)
        flat = mine[:, :len(flat)].mean(0)
        for g, part in zip(grads, flat.split([g.numel() for g in grads])):
            g.copy_(part.view_as(g))


class Run:
    """A run's folder, weights, optimiser and average; knows how to save, resume and log."""

    def __init__(self, config, rank, meeting):
        self.c, self.rank, self.meeting = dict(DEFAULTS, **config), rank, meeting
        self.dir = os.path.join(D.RUNS, self.c["name"])
        os.makedirs(self.dir, exist_ok=True)
        self.model, self.step, self.seconds = Captioner(self.c["model"]), 0, 0.0
        self.noted = {}  # figures a loss wants in the log beside its parts

    def start(self, data, steps):
        c, self.data = self.c, data
        torch.manual_seed(c["seed"])
        last = os.path.join(self.dir, "last.pt")
        resumed = torch.load(last, map_location=DEVICE) if os.path.exists(last) else None
        if not resumed:
            self.model.load_state_dict(self.first_weights(data))
        groups = {}
        for name, p in self.model.named_parameters():
            if not name.startswith(tuple(c["trained"] or TRAINED[c["stage"]])):
                p.requires_grad_(False)
                continue
            rate = c["encoder_lr"] if name.startswith(("encoder.", "detail.")) else c["lr"]
            if name.startswith(("language.", "second.")) and c["language_lr"]:
                rate = c["language_lr"]
            decay = c["weight_decay"] if p.dim() > 1 and not name.startswith(("encoder.", "detail.")) else 0.0
            if rate:
                groups.setdefault((rate, decay), []).append(p)
            else:
                p.requires_grad_(False)
        self.opt = torch.optim.AdamW([{"params": ps, "peak": r, "weight_decay": d} for (r, d), ps in groups.items()], lr=c["lr"], betas=(0.9, 0.98), foreach=True)
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.steps, self.saved = steps, time.time()
        if resumed:
            self.model.load_state_dict(resumed["live"])
            self.average, self.step, self.seconds = resumed["model"], resumed["step"], resumed["seconds"]
            self.opt.load_state_dict(resumed["opt"])
        self.model = self.model.to(memory_format=torch.channels_last)
        if c["compile"]:
            for language in filter(None, (self.model.language, self.model.second)):
                for block in language.blocks:
                    block.compile(dynamic=True)
        self.clock = time.time() - self.seconds

    def first_weights(self, data, init=None):
        """Start weights: ImageNet's, the detector's, then those of the checkpoints named by `init` (the config's, unless another is given), where they fit."""
        model = Captioner(self.c["model"])
        model.encoder.load_imagenet(os.path.join(data, "efficientnet-lite2", "imagenet.npz"))
        state = model.state_dict()
        for path, prefix, new in init or self.c["init"] or ():
            for name, value in torch.load(os.path.join(D.RUNS, path), map_location=DEVICE)["model"].items():
                name = new + name[len(prefix):] if name.startswith(prefix) else None
                if name in state and state[name].shape == value.shape:
                    state[name] = value
        return state

    def update(self, loss):
        """One optimiser step with the rate of the schedule, then the running average."""
        c, progress = self.c, self.meeting.progress[self.step % 2]
        if self.rank == 0:
            progress.fill_(max(self.step / self.steps, (time.time() - self.clock) / (c["seconds"] or math.inf)))
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.meeting.average(self.rank, self.step, [p.grad for g in self.opt.param_groups for p in g["params"] if p.grad is not None])
        done = min(1.0, progress.item())
        if done == 1:
            self.steps = self.step + 1
        rate = min(1.0, (self.step + 1) / c["warmup"]) * (c["floor"] + (1 - c["floor"]) * 0.5 * (1 + math.cos(math.pi * done)))
        for group in self.opt.param_groups:
            group["lr"] = group["peak"] * rate
        torch.nn.utils.clip_grad_norm_([p for g in self.opt.param_groups for p in g["params"]], c["clip"])
        self.opt.step()
        self.step += 1
        decay = min(c["ema"], (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for k, p in self.model.named_parameters():
                if p.requires_grad:
                    self.average[k].lerp_(p, 1 - decay)
        if time.time() - self.saved > c["save_seconds"]:
            self.save()
            self.meet_peer()

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

    def meet_peer(self):
        """Two runs of one stage, each with its own seed and process, may name each other as `peer`: whenever one saves, it goes on from the mean of its weights and the other's."""
        path = self.c["peer"] and os.path.join(D.RUNS, self.c["peer"], "last.pt")
        if path and os.path.exists(path) and self.meeting.workers == 1:
            other = torch.load(path, map_location=DEVICE)["live"]
            with torch.no_grad():
                for k, p in self.model.named_parameters():
                    if p.requires_grad:
                        p.lerp_(other[k], 0.5)

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

    def frozen(self):
        """How many encoder blocks get no gradient in this step. A list of numbers instead of one: they take turns."""
        now = [n for start, n in self.c["frozen"] if self.step * self.c["batch"] >= start][-1]
        return now[self.step % len(now)] if isinstance(now, list) else now
