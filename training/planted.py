"""Wrong drafts fed to the shipped second pass: python3 planted.py ../models/everyday-small

Per Flickr8k validation picture one true caption with 1 to 3 planted errors (perturb.py) stands in for the draft. Counted per kind: planted words that are
gone from the new caption, and those whose true word is back; beside them the true content words of the draft that the new caption has dropped
(some of them rightly rephrased), and CIDEr-D of draft and new caption against the four other captions of the picture.
"""
import argparse
import collections
import json

import numpy as np

import data as D
import text as T
from caption import Bundle
from perturb import Perturber
from score import score


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("--data", default=D.DATA)
    args = parser.parse_args()
    bundle, rows = Bundle(args.bundle), D.read_rows(args.data, "flickr8k-val")
    files = D.picture_bytes(args.data, "flickr8k-val")
    perturb = Perturber([t for r in D.read_rows(args.data, "flickr8k") for t in r["captions"]])
    for errors in (0, 1, 2, 3):
        rng = np.random.default_rng(errors)
        drafts, finals, others, count = [], [], [], collections.Counter()
        for start in range(0, len(rows), 8):
            truths = [r["captions"][(start + n) % 5] for n, r in enumerate(rows[start:start + 8])]
            wrong = [perturb(t, rng, errors) for t in truths]
            new = [bundle.text(ids) for ids in bundle.revise(np.stack([D.decode(files[r["image"]]) for r in rows[start:start + 8]]), T.encode_all(bundle.tokenizer, wrong))]
            for truth, draft, final in zip(truths, wrong, new):
                after = final.split()
                for right, word in zip(truth.split(), draft.split()):
                    kind = perturb.kind.get(right)
                    if right != word:
                        count[kind, "planted"] += 1
                        count[kind, "gone"] += word not in after
                        count[kind, "restored"] += right in after
                    elif kind:
                        count["right"] += 1
                        count["dropped"] += word not in after
            drafts += wrong
            finals += new
            others += [[c for k, c in enumerate(r["captions"]) if k != (start + n) % 5] for n, r in enumerate(rows[start:start + 8])]
        kinds = {kind: [count[kind, what] for what in ("planted", "gone", "restored")] for kind in ("entity", "attribute", "relation", "action")}
        print(json.dumps({"errors": errors, "planted, gone, restored": kinds, "right words": count["right"], "of them dropped": count["dropped"],
                          "CIDEr-D draft": round(score(drafts, others)["CIDEr-D"], 2), "CIDEr-D new": round(score(finals, others)["CIDEr-D"], 2)}), flush=True)


if __name__ == "__main__":
    main()
