"""Trains one stage: python3 train.py configs/<run>.json [--data ../shared/data]

Stages: `lm` (a language model on text alone), `tags` and `detail` (the encoder, the detail branch on the words of the captions), `first` (the first pass: captions, by cross entropy),
`second` (the second pass, behind drafts), `critic` and `critic-second` (either pass, rewarded by CIDEr-D), `adapt`
(both passes learn scenes without a subject and keep the rest).
A run lives in $SECONDGLANCE_RUNS/<name>/: last.pt (resumed from when the same command is given again), log.jsonl (the curve), step-<n>.pt
(evaluated averages). Every step seeds its own randomness, so a resumed run goes on as if it had not stopped.

Each of --workers processes computes the gradient of its share of a batch on one thread; the shares meet once a step in shared memory and
every process makes the same update. On two cores that other programs use too, this waits far less than two OpenMP threads do, which
meet at every operator.
"""
import argparse
import json
import os

import numpy as np
import torch
import torch.multiprocessing as mp

import data as D
import text as T
from features import Features
from mixture import Mixture, Validation
from run import DEVICE, Meeting, Run, autocast
from score import score
from search import caption_pictures
from tags import TagTargets, average_precision, tag_loss


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
    passes = 0 if stage in ("tags", "detail") else 2 if stage == "adapt" or "second" in stage else 1
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
    val, targets = Validation(data, large=c["stage"] == "adapt" or "second" in c["stage"], every=c["every"]), TagTargets(mixture.rows)
    run.start(data, c["pictures"] // c["batch"])
    if c["stage"] == "second":
        from second import SecondLoss as Loss
    elif c["stage"] == "adapt":
        from adapt import AdaptLoss as Loss
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
            if c["stage"] in ("detail", "adapt"):
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
