"""How sure a bundle may be of its captions: from the model's own doubts while it wrote, to the probability that a caption is right.

  python3 calibrate.py SCORES [--data ../../shared/data]     reads what caption.py wrote (<set>.jsonl); prints coefficients for export.py --generation

A logistic regression on the mean and the highest entropy, in nats, of the distributions that the tokens were chosen from.
Fitted on the even pictures of every set, each set with the same weight; nouns.py says what counts as right, and measures on the odd ones.
"""
import argparse
import json
import math
import os

import numpy as np

import data as D
from nouns import known_nouns, read, right

TERMS = ("bias", "entropy", "highestEntropy")


def doubts(steps):
    """Of a caption's steps (search.Written): 1 for the bias, the mean and the highest entropy."""
    entropies = [entropy for _, entropy in steps]
    return [1.0, sum(entropies) / len(entropies), max(entropies)]


def calibrated(steps, coefficients):
    """The confidence of a caption after two passes, as src/workers/bundle/calibration.ts computes it."""
    if not coefficients:
        return math.exp(sum(chance for chance, _ in steps) / len(steps))
    return 1 / (1 + math.exp(-sum(coefficients["twoPasses"][name] * value for name, value in zip(TERMS, doubts(steps)))))


def logistic(x, y, weight, rounds=50, ridge=1e-3):
    """Newton's method: x [n, k] with a column of ones, y and weight [n] -> coefficients [k]."""
    w = np.zeros(x.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-x @ w))
        step = np.linalg.solve((x * (weight * p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(w)), x.T @ (weight * (y - p)) - ridge * w)
        w += step
    return [round(float(v), 3) for v in w]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--data", default=D.DATA)
    args = parser.parse_args()
    nouns, one, two, true, draft_true, weight = known_nouns(args.data), [], [], [], [], []
    for name in D.VALIDATION + D.OTHER:
        if os.path.exists(os.path.join(args.folder, name + ".jsonl")):
            pairs = read(args.folder, name, args.data)[::2]
            for row, line in pairs:
                one.append(doubts(line["draftSteps"]))
                two.append(doubts(line["steps"]))
                true.append(right(row, line["text"], nouns) is True)
                draft_true.append(right(row, line["draft"], nouns) is True)
                weight.append(1 / len(pairs))
    weight = np.array(weight) / np.mean(weight)
    first, both = logistic(np.array(one), np.array(draft_true, float), weight), logistic(np.array(two), np.array(true, float), weight)
    print(json.dumps({"calibration": {"onePass": dict(zip(TERMS, first)), "twoPasses": dict(zip(TERMS, both))}}))


if __name__ == "__main__":
    main()
