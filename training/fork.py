"""A second look of its own, from two captioners that were trained apart: python3 fork.py runs/one/last.pt runs/other/last.pt runs/own.pt

The first look is the one's. The second look's language model and connector are the other's, its DeepLens the one's with an empty last layer, so that
it starts as the other's glance; the stage `again` trains it from there. Both must have the same encoder, or nearly so: the one's is kept.
"""
import sys

import torch

from model import Captioner


def main():
    one, other = (torch.load(path, map_location="cpu") for path in sys.argv[1:3])
    config = dict(one["config"], own=True, reads=["layers", "guide"])
    state = Captioner(config).state_dict()
    for name in state:
        if name.startswith("second."):
            state[name] = other["model"]["language" + name[len("second"):]]
        elif name.startswith("deeplens.own.layers."):
            state[name] = other["model"][name.replace("deeplens.own.layers", "connector")]
        elif name == "deeplens.own.place":
            state[name] = other["model"]["place"]
        elif name not in ("deeplens.keep", "deeplens.out.weight", "deeplens.out.bias"):
            state[name] = one["model"][name]
        else:
            state[name] = torch.zeros_like(state[name])
    torch.save({"model": state, "config": config, "step": 0, "seconds": 0.0}, sys.argv[3])


if __name__ == "__main__":
    main()
