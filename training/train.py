"""Trains one stage: python3 train.py configs/<run>.json [--data ../shared/data]

Stages: `lm` (a language model on text alone), `tags` and `detail` (the encoder, the detail branch on the words of the captions), `first` (the first pass: captions, by cross entropy),
`second` (the second pass, behind drafts), `critic` and `critic-second` (either pass, rewarded by CIDEr-D).
A run lives in $SECONDGLANCE_RUNS/<name>/: last.pt (resumed from when the same command is given again), log.jsonl (the curve), step-<n>.pt
(evaluated averages). Every step seeds its own randomness, so a resumed run goes on as if it had not stopped.

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
import text as T
from features import Features
from mixture import Mixture, Validation
from model import Captioner
from score import score
from search import caption_pictures
from tags import TagTargets, average_precision, tag_loss

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# seconds: the run ends, and the rate of the schedule with it, after so much wall time, even if `pictures` have not all been seen
# init: a list of [checkpoint, which of its weights (a prefix), under which prefix they go on]; frozen: how many encoder blocks get no gradient, [[from picture, blocks], ...]
DEFAULTS = {"batch": 32, "pictures": 0, "lr": 6e-4, "encoder_lr": 1e-4, "language_lr": None, "warmup": 200, "weight_decay": 0.05, "ema": 0.998, "seed": 1,
            "smoothing": 0.1, "model": {}, "init": None, "frozen": [[0, 22]], "floor": 0.05, "augment": 1.6, "evaluate": 20000, "every": 1, "shares": {}, "features": None,
            "save_seconds": 180, "seconds": None, "clip": 1.0, "peer": None, "tag_share": 0.0, "captions": 3, "compile": True,
            "drafts": [0.5, 0.3, 0.2], "samples": 5, "most": 20, "temperature": 0.6}
TRAINED = {"lm": ("language.",), "tags": ("encoder.", "tags."), "detail": ("detail.", "tags."), "first": ("encoder.", "connector.", "place", "language.", "tags."),
           "critic": ("encoder.", "connector.", "place", "language."), "second": ("deeplens.", "second."), "critic-second": ("deeplens.", "second.")}


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
        c = self.c
        torch.manual_seed(c["seed"])
        last = os.path.join(self.dir, "last.pt")
        resumed = torch.load(last, map_location=DEVICE) if os.path.exists(last) else None
        if not resumed:
            self.initialise(data)
        groups = {}
        for name, p in self.model.named_parameters():
            if not name.startswith(TRAINED[c["stage"]]):
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

    def initialise(self, data):
        """Start weights: ImageNet's, the detector's, then those of the checkpoints named by `init`, where they fit."""
        self.model.encoder.load_imagenet(os.path.join(data, "efficientnet-lite2", "imagenet.npz"))
        state = self.model.state_dict()
        for path, prefix, new in self.c["init"] or ():
            for name, value in torch.load(os.path.join(D.RUNS, path), map_location=DEVICE)["model"].items():
                name = new + name[len(prefix):] if name.startswith(prefix) else None
                if name in state and state[name].shape == value.shape:
                    state[name] = value
        self.model.load_state_dict(state)

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


def autocast():
    return torch.autocast(DEVICE, dtype=torch.bfloat16)


def train_lm(run, data, tok):
    """Sentences alone, no picture: batches of sentences of like length."""
    from prepare import training_texts
    c = run.c
    texts = T.encode_all(tok, training_texts(data))
    held = T.encode_all(tok, [t for r in Validation(data).rows for t in r["captions"]])
    per_epoch = len(texts) // c["batch"]
    run.start(data, int(c["epochs"] * per_epoch))
    run.model.train()
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
                loss = run.model.loss(None, T.pack([[texts[i]] for i in batch]), c["smoothing"])
            run.update(loss)
            if run.step % 50 == 0:
                run.log(loss=round(loss.item(), 4))
    if run.rank:
        return
    with run.averaged() as model, autocast():
        losses = [model.loss(None, T.pack([[t] for t in held[i:i + 250]]), 0.0).item() for i in range(0, len(held), 250)]
    run.log(held_out_loss=round(float(np.mean(losses)), 4))
    run.save()


def evaluate(run, val, tok, targets):
    """Scores the averaged weights on the validation pictures (greedy) and keeps them. Every worker captions its share."""
    stage, meeting, table, out = run.c["stage"], run.meeting, run.meeting.captions, {}
    passes = 0 if stage in ("tags", "detail") else 2 if "second" in stage else 1
    with run.averaged() as model, autocast():
        if stage == "tags" and run.rank == 0:
            scores = torch.cat([model.tags(model.encode(torch.tensor(val.pictures[i:i + 50]))[1][:, :, -model.last:]) for i in range(0, len(val.rows), 50)])
            truth = targets(val.rows)[0][:, :200]
            out["mAP of 200 words"] = {name: round(average_precision(scores[part, :200], truth[part]), 2) for name, part in val.parts.items()}
        if passes:
            for n, ids in enumerate(caption_pictures(model, val.pictures[run.rank::meeting.workers], passes=passes, batch=50)):
                for i, tokens in enumerate(ids):
                    table[n, run.rank + i * meeting.workers] = torch.tensor(tokens + [T.PAD] * (table.shape[2] - len(tokens)), device="cpu")
    meeting.barrier.wait(timeout=3600)
    if run.rank:
        return
    for name, rows in zip(("draft", "text"), table[:passes, :len(val.rows)].tolist()):
        texts = [tok.decode([t for t in row if t != T.PAD]).strip() for row in rows]
        out[name] = {part: round(score(texts[s], [r["captions"] for r in val.rows[s]])["CIDEr-D"], 2) for part, s in val.parts.items()}
    run.log(val=out)
    run.save("step-%d.pt" % run.step)


class FirstLoss:
    """Cross entropy of the captions behind the first pass's visual tokens, and the tags; in the stages `tags` and `detail` the tags alone."""

    def __init__(self, run, mixture, tok, targets):
        self.run, self.mixture, self.tok, self.targets = run, mixture, tok, targets

    def captions(self, visual, tokens):
        """The mean over all tokens. The shorter and the longer half of the rows go through the model separately: padded to one width, they would take a fifth longer."""
        total, count, order = 0.0, 0, np.argsort([sum(map(len, row)) for row in tokens], kind="stable")
        for at in (part for part in np.array_split(order, 2) if len(part)):
            pack = T.pack([tokens[i] for i in at])
            n = int((pack["targets"] >= 0).sum())
            total, count = total + n * self.run.model.loss(visual[at], pack, self.run.c["smoothing"]), count + n
        return total / count

    def __call__(self, numbers, views, flips, detail, rng):
        run, c, parts = self.run, self.run.c, {}
        rows = [self.mixture.rows[i] for i in numbers]
        if c["stage"] == "detail":
            features = run.model.detail(views)
        else:
            visual, features = run.model.encode(views, run.frozen())
            features = features[:, :, -run.model.last:]
        if c["stage"] == "first":
            texts = [[r["captions"][k] for k in rng.permutation(len(r["captions"]))[:c["captions"]]] for r in rows]
            tokens = [T.encode_all(self.tok, map(T.flip_words, ts) if f else ts) for ts, f in zip(texts, flips)]
            parts["first"] = self.captions(visual, tokens)
        if c["tag_share"]:
            parts["tags"] = c["tag_share"] * tag_loss(run.model.tags(features), *self.targets(rows))
        return parts


def train_pictures(run, data, tok):
    """All stages that read pictures: the same loop, another loss."""
    c, mixture = run.c, Mixture(data, run.c["shares"])
    val, targets = Validation(data, large="second" in c["stage"], every=c["every"]), TagTargets(mixture.rows)
    run.start(data, c["pictures"] // c["batch"])
    if c["stage"] == "second":
        from second import SecondLoss as Loss
    elif c["stage"].startswith("critic"):
        from critic import CriticLoss as Loss
    else:
        Loss = FirstLoss
    loss_of, recent, every = Loss(run, mixture, tok, targets), [], max(1, (c["evaluate"] or 1 << 40) // c["batch"])
    kept = Features(run.model, mixture, data, c["features"] or "", c["stage"] in ("second", "critic-second", "detail"))
    run.model.train()
    while run.step < run.steps:
        numbers = mixture.batch(c["seed"], run.step, c["batch"], run.rank, run.meeting.workers)
        rng = np.random.default_rng([c["seed"], 7, run.step, run.rank])
        torch.manual_seed(run.seed())
        with autocast():
            if c["stage"] == "detail":
                (views, flips), detail = kept.large(numbers, rng), None
            elif c["features"]:
                views, flips, detail = kept.draw(numbers, rng, "second" in c["stage"])
            else:
                (views, flips), detail = D.augment(mixture.read(numbers), rng, c["augment"]), None
            parts = loss_of(numbers, views, flips, detail, rng)
        run.update(sum(parts.values()))
        recent.append({**{k: v.item() for k, v in parts.items()}, **run.noted})
        if run.step % 25 == 0:
            run.log(pictures=run.step * c["batch"], **{k: round(float(np.mean([r[k] for r in recent if k in r])), 4) for k in sorted(set().union(*recent))})
            recent = []
        if run.step % every == 0 or (run.step == run.steps and c["evaluate"]):
            evaluate(run, val, tok, targets)
    run.save()


def work(rank, meeting, config, data):
    if DEVICE == "cuda":
        torch.set_default_device(DEVICE)
    torch.set_num_threads(1)
    run, tok = Run(config, rank, meeting), T.load_tokenizer(os.path.join(D.RUNS, "tokenizer.json"))
    (train_lm if run.c["stage"] == "lm" else train_pictures)(run, data, tok)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--data", default=D.DATA)
    parser.add_argument("--workers", type=int, default=2 if DEVICE == "cpu" else 1)
    args = parser.parse_args()
    with open(args.config) as f:
        config = json.load(f)
    meeting = Meeting(args.workers, 32 << 20)  # more than the weights of any model here
    others = [mp.get_context("fork").Process(target=work, args=(rank, meeting, config, args.data), daemon=True) for rank in range(1, args.workers)]
    for process in others:
        process.start()
    work(0, meeting, config, args.data)
    for process in others:
        process.join()


if __name__ == "__main__":
    main()
