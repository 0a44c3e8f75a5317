"""Mean of the weights of several checkpoints of one run: python3 average.py runs/out.pt runs/a.pt runs/b.pt ...

Checkpoints of one run lie in one valley; their mean does at least as well as the best of them, and the choice of one by its validation
score, which would be a choice by luck, falls away (Izmailov et al., 2018).
"""
import sys

import torch


def main():
    out, paths = sys.argv[1], sys.argv[2:]
    saved = [torch.load(p, map_location="cpu") for p in paths]
    mean = {k: torch.stack([s["model"][k].float() for s in saved]).mean(0) for k in saved[0]["model"]}
    torch.save(dict(saved[-1], model=mean, averaged=[s["step"] for s in saved]), out)


if __name__ == "__main__":
    main()
