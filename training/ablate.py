"""The ablation table: python3 ablate.py runs/critic-both/last.pt runs/critic-layers/last.pt ...

Greedy captions of the validation pictures by each checkpoint, for one look, two and (--looks 3) three; each next to its own first look, with the
95 % interval of the gain (paired bootstrap over pictures). --without takes from the second look, one after the other, what it was trained with
(model.DEFAULTS says what there is; `glance`: the first look's view while it writes): what the trained model makes use of, not what one trained without it would do.
"""
import argparse
import json
import os

import numpy as np
import torch

import data as D
from export import load
from score import interval, score
from search import GREEDY, caption_pictures

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("--data", default=os.path.join(HERE, "..", "..", "shared", "data"))
    parser.add_argument("--looks", type=int, default=2)
    parser.add_argument("--without", nargs="*", default=[], help="layers, guide, draft, glance; several at once joined by +")
    args = parser.parse_args()
    rows, tok = D.read_split(args.data, "val"), D.load_tokenizer(os.path.join(HERE, "runs", "tokenizer.json"))
    pixels = D.read_pictures(args.data, "val", rows, os.path.join(HERE, "runs", "cache"))
    references = [r["captions"] for r in rows]
    for path in args.checkpoints:
        model, _ = load(path)
        reads = model.config["reads"]
        for away in [[]] + [names.split("+") for names in args.without]:
            model.config["reads"] = model.deeplens.reads = [r for r in reads if r not in away]
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                looks = caption_pictures(model, pixels, dict(GREEDY, bothLooks="glance" not in away), looks=args.looks)
            scores = [score([tok.decode(ids).strip() for ids in look], references) for look in looks]
            out = {"checkpoint": path, "without": away}
            for n, s in enumerate(scores, 1):
                gains = np.subtract(s["per_picture"], scores[0]["per_picture"])
                out["look %d" % n] = {"CIDEr-D": round(s["CIDEr-D"], 2), "BLEU-4": round(s["BLEU-4"], 2)}
                if n > 1:
                    out["look %d" % n].update(gain=round(100 * float(gains.mean()), 2), interval95=interval(gains))
            print(json.dumps(out), flush=True)


if __name__ == "__main__":
    main()
