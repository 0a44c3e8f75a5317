"""Mean of the weights of several checkpoints of one run: python3 average.py RUNS/out.pt RUNS/a.pt RUNS/b.pt ... [--second RUNS/a.pt RUNS/c.pt ...] [--blend 0.5] [--towards START.pt 0.15]

Checkpoints of one run lie in one valley; their mean does at least as well as the best of them, and the choice of one by its validation
score, which would be a choice by luck, falls away (Izmailov et al., 2018). With --second the second pass's weights are the mean of those
checkpoints instead: of a run that trained the second pass alone. --blend moves the second pass's language model and connector towards the first pass's by that
share: both go back to the same weights, and the mean errs less than either. --towards moves all weights back towards those that training started from (Wortsman et al.,
2022): what long self-critical training does to the wording is undone, while what it has learnt mostly stays.
"""
import argparse

import torch

SECOND = ("deeplens.", "second.", "detail.")
SAME = (("second.", "language."), ("deeplens.own.layers.", "connector."), ("deeplens.own.place", "place"))  # of the second pass, of the first


def mean(saved):
    return {k: torch.stack([s["model"][k].float() for s in saved]).mean(0) if v.is_floating_point() else v for k, v in saved[0]["model"].items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("--second", nargs="*", default=[])
    parser.add_argument("--blend", type=float, default=0.0)
    parser.add_argument("--towards", nargs=2, metavar=("START", "SHARE"))
    args = parser.parse_args()
    first, second = ([torch.load(p, map_location="cpu") for p in paths] for paths in (args.checkpoints, args.second or args.checkpoints))
    weights, others = mean(first), mean(second)
    weights.update({k: v for k, v in others.items() if k.startswith(SECOND)})
    for own, first_pass in SAME if args.blend else ():
        for k in [k for k in weights if k.startswith(own)]:
            weights[k] = weights[k].lerp(weights[first_pass + k[len(own):]], args.blend)
    if args.towards:
        start, share = torch.load(args.towards[0], map_location="cpu")["model"], float(args.towards[1])
        weights = {k: v.lerp(start[k].float(), share) if v.is_floating_point() else v for k, v in weights.items()}
    torch.save(dict(second[-1], model=weights, averaged=[s["step"] for s in first + (second if args.second else [])]), args.out)


if __name__ == "__main__":
    main()
