"""The ablation table: python3 ablate.py RUNS/second/last.pt ... [--without layers detail guide layers+detail views]

Greedy captions of the validation pictures by each checkpoint, one pass and two (--passes 3: three), per set and on all sets together; each with its gain over its own first
pass and the 95 % interval (paired bootstrap over pictures). --without takes from the second pass, one after the other, what it was trained with
(model.DEFAULTS says what there is; `views`: the first pass's view while it writes; `crop`: the centre crop): what the trained model makes use of, not what one
trained without it would do.
"""
import argparse
import json
import os

import numpy as np
import torch

import data as D
import text as T
from export import load
from mixture import Validation
from score import interval, score
from search import GREEDY, caption_pictures


def report(texts, first, val):
    """Per set CIDEr-D and gain over `first` (CIDEr-D per picture); -> the line, CIDEr-D per picture."""
    out, every = {}, []
    for name, part in val.parts.items():
        s = score(texts[part], [r["captions"] for r in val.rows[part]])
        every += s["per_picture"]
        out[name] = [round(s["CIDEr-D"], 2), round(s["BLEU-4"], 2)]
        if first is not None:
            gains = np.subtract(s["per_picture"], first[part])
            out[name] += [round(100 * float(gains.mean()), 2), interval(gains)]
    if first is not None:
        gains = np.subtract(every, first)
        out["all"] = [round(100 * float(gains.mean()), 2), interval(gains)]
    return out, every


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("--data", default=D.DATA)
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--crop", type=int, nargs="*", default=[GREEDY["centerCrop"]], help="margins to try, of 448")
    parser.add_argument("--without", nargs="*", default=[], help="layers, detail, guide, draft, views, crop; several at once joined by +")
    parser.add_argument("--every", type=int, default=1, help="of Flickr8k's 1,000 pictures only every so many")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tok, val = T.load_tokenizer(os.path.join(D.RUNS, "tokenizer.json")), Validation(args.data, large=True, every=args.every)
    for path in args.checkpoints:
        model, _ = load(path)
        reads, first, whole = model.config["reads"], None, {}
        for away, crop in [([], crop) for crop in args.crop] + [(names.split("+"), args.crop[0]) for names in args.without]:
            model.config["reads"] = model.deeplens.reads = [r for r in reads if r not in away]
            options = dict(GREEDY, bothPasses="views" not in away, centerCrop=0 if "crop" in away else crop)
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                passes = caption_pictures(model, val.pictures, options, passes=args.passes, batch=50)
            for n, ids in enumerate(passes, 1):
                texts = [tok.decode(t).strip() for t in ids]
                if n == 1 and first is None:
                    line, first = report(texts, None, val)
                    print(json.dumps({"checkpoint": path, "pass": 1, **line}), flush=True)
                elif n > 1:
                    line, every = report(texts, first, val)
                    if away and n in whole:
                        lost = np.subtract(whole[n], every)
                        line["less than with all"] = [round(100 * float(lost.mean()), 2), interval(lost)]
                    elif not away:
                        whole.setdefault(n, every)
                    print(json.dumps({"pass": n, "without": away, "crop": options["centerCrop"], **line}), flush=True)


if __name__ == "__main__":
    main()
