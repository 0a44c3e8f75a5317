"""How sure a bundle may be of its captions: from the log probability of its words, and from how far both passes agree, to the probability that a caption is right.

  python3 calibrate.py SCORES [--data ../../shared/data]     reads what caption.py wrote (<set>.jsonl); prints coefficients for export.py --generation

Fitted on the even pictures of every set, each set with the same weight; nouns.py says what counts as right, and measures on the odd ones.
"""
import argparse
import json
import math
import os
import re

import numpy as np

import data as D
from nouns import known_nouns, read, right


def agreement(a, b):
    """The words that two captions share, as a part of all words that they use."""
    a, b = (set(re.findall(r"[a-z0-9']+", t.lower())) for t in (a, b))
    return len(a & b) / max(1, len(a | b))


def calibrated(probability, draft, text, coefficients):
    """As src/workers/bundle/calibration.ts computes it. draft: None after one pass."""
    if not coefficients:
        return probability
    c = coefficients["onePass" if draft is None else "twoPasses"]
    logit = c["bias"] + c["logProbability"] * math.log(max(1e-6, probability)) + (0 if draft is None else c["agreement"] * agreement(draft, text))
    return 1 / (1 + math.exp(-logit))


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
                one.append([1, math.log(max(1e-6, line["draftProbability"]))])
                two.append([1, math.log(max(1e-6, line["probability"])), agreement(line["draft"], line["text"])])
                true.append(right(row, line["text"], nouns) is True)
                draft_true.append(right(row, line["draft"], nouns) is True)
                weight.append(1 / len(pairs))
    weight = np.array(weight) / np.mean(weight)
    first, both = logistic(np.array(one), np.array(draft_true, float), weight), logistic(np.array(two), np.array(true, float), weight)
    print(json.dumps({"calibration": {"onePass": dict(zip(("bias", "logProbability"), first)), "twoPasses": dict(zip(("bias", "logProbability", "agreement"), both))}}))


if __name__ == "__main__":
    main()
