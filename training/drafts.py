"""Drafts of every training picture by one checkpoint: python3 drafts.py runs/glance/step-<n>.pt runs/drafts.json

A few per picture, sampled at a low temperature. Also says how good the first 1,000 are: for the second look they should be no better than
the drafts it will meet on new pictures, that is, than the last checkpoint's score on the validation set.
"""
import argparse
import json
import os

import numpy as np
import torch

import data as D
from critic import sample
from export import load
from score import score

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint")
    parser.add_argument("out")
    parser.add_argument("--data", default=os.path.join(HERE, "..", "..", "shared", "data"))
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--temperature", type=float, default=0.5)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    tok, (model, _) = D.load_tokenizer(os.path.join(HERE, "runs", "tokenizer.json")), load(args.checkpoint)
    rows = D.read_split(args.data, "train")
    pixels, out = D.read_pictures(args.data, "train", rows, os.path.join(HERE, "runs", "cache")), {}
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(rows), 50):
            glance, _ = model.look(torch.from_numpy(np.array(pixels[start:start + 50])))
            drafts, _ = sample(model.language, glance, None, args.each, 22, args.temperature)
            out.update((r["image"], [" ".join(tok.decode(ids).split()) for ids in d]) for r, d in zip(rows[start:], drafts))
            if len(out) == 1000:
                s = score([d[0] for d in out.values()], [r["captions"] for r in rows[:1000]])
                print("first 1,000 pictures: CIDEr-D %.2f BLEU-4 %.2f" % (s["CIDEr-D"], s["BLEU-4"]), flush=True)
    with open(args.out + ".part", "w") as f:
        json.dump(out, f)
    os.replace(args.out + ".part", args.out)


if __name__ == "__main__":
    main()
