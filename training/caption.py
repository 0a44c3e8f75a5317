"""Runs a bundle with Python's onnxruntime: the reference for the TypeScript runtime, and what export.py measures with.

  python3 caption.py ../models/everyday-small [--data ../../shared/data] --out DIR [--sets flickr8k-val pascal-val coco-val] [--beams 1]

writes DIR/<set>.jsonl, one line a picture, {"video", "text", "draft", "confidence", "steps", "draftSteps"}, for score.py, nouns.py and
calibrate.py, and prints the scores of each set. confidence is what the runtime says; steps are as search.Written has them.
"""
import argparse
import functools
import json
import os
import time

import numpy as np
import onnxruntime as ort
import torch

import data as D
import text as T
from calibrate import calibrated
from score import interval, score
from search import write


class Bundle:
    def __init__(self, folder, threads=2):
        with open(os.path.join(folder, "bundle.json")) as f:
            self.json = json.load(f)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.graphs = {name: ort.InferenceSession(os.path.join(folder, g["default"]["file"]), options, providers=["CPUExecutionProvider"])
                       for name, g in self.json["graphs"].items()}
        self.tokenizer = T.load_tokenizer(os.path.join(folder, self.json["tokenizer"]["file"]))

    def run(self, graph, **inputs):
        session = self.graphs[graph]
        return [torch.from_numpy(o) for o in session.run(None, {k: np.ascontiguousarray(v) for k, v in inputs.items()})]

    def decode(self, *inputs, graph="decoder"):
        return self.run(graph, **dict(zip(("visual", "ids", "positions", "segments", "mask", "past", "rows"), map(np.asarray, inputs))))

    def second(self, glance, pixels, drafts, options):
        """-> what the second pass writes behind drafts (token lists)."""
        crop = D.center_crop(pixels, options.get("centerCrop", 0))
        features = self.run("encoder", pixels=crop)[1].numpy()
        if "detail" in self.graphs:
            features = np.concatenate([features, self.run("detail", pixels=crop)[0].numpy()], 2)
        refined = self.run("deeplens", glance=glance.numpy(), features=features, draft=T.pad_drafts(drafts).numpy())[0]
        decoder = functools.partial(self.decode, graph="secondDecoder" if "secondDecoder" in self.graphs else "decoder")
        views = [(decoder, refined, drafts if options["readsDraft"] else None)]
        return write([(self.decode, glance, None)] + views if options["bothPasses"] else views, options, self.json["dims"])

    def caption(self, pixels, options=None):
        """uint8 [B, H, W, 3] -> per picture (draft, final), each as search.Written."""
        options = dict(self.json["generation"], **(options or {}))
        glance = self.run("encoder", pixels=pixels)[0]
        drafts = write([(self.decode, glance, None)], options, self.json["dims"])
        return list(zip(drafts, self.second(glance, pixels, [draft.tokens for draft in drafts], options)))

    def revise(self, pixels, drafts):
        """The second pass alone, behind drafts given as token lists -> token ids."""
        glance = self.run("encoder", pixels=pixels)[0]
        return [final.tokens for final in self.second(glance, pixels, drafts, self.json["generation"])]

    def text(self, ids):
        return " ".join(self.tokenizer.decode(list(ids)).split())


def rounded(written):
    return [[round(value, 4) for value in step] for step in written.steps]


def gain(rows):
    """[(CIDEr-D of the draft, of the text)] per picture -> the mean gain in points and its 95 % interval."""
    gains = np.array([b - a for a, b in rows])
    return round(100 * float(gains.mean()), 2), interval(gains)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("--data", default=D.DATA)
    parser.add_argument("--out", required=True)
    parser.add_argument("--sets", nargs="*", default=list(D.VALIDATION))
    parser.add_argument("--beams", type=int)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--generation", default="{}", help="JSON that overrides the bundle's generation defaults")
    parser.add_argument("--every", type=int, default=1, help="only every so many pictures of a set")
    args = parser.parse_args()
    bundle = Bundle(args.bundle, args.threads)
    options = dict(bundle.json["generation"], **json.loads(args.generation))
    if args.beams:
        options["beams"] = args.beams
    os.makedirs(args.out, exist_ok=True)
    everything = []
    for name in args.sets:
        rows, files, lines, begun = D.read_rows(args.data, name)[::args.every], D.picture_bytes(args.data, name), [], time.time()
        for start in range(0, len(rows), args.batch):
            part = rows[start:start + args.batch]
            for row, (draft, final) in zip(part, bundle.caption(np.stack([D.decode(files[r["image"]]) for r in part]), options)):
                lines.append({"video": row["image"], "text": bundle.text(final.tokens), "draft": bundle.text(draft.tokens),
                              "confidence": round(calibrated(final.steps, options.get("calibration")), 4), "steps": rounded(final), "draftSteps": rounded(draft)})
        with open(os.path.join(args.out, name + ".jsonl"), "w") as f:
            f.writelines(json.dumps(line) + "\n" for line in lines)
        got = {field: score([line[field] for line in lines], [r["captions"] + r.get("sequence", []) for r in rows]) for field in ("draft", "text")}
        pairs = list(zip(got["draft"]["per_picture"], got["text"]["per_picture"]))
        everything += pairs
        print(json.dumps({"set": name, "pictures": len(rows), "ms": round(1000 * (time.time() - begun) / len(rows)), "gain": gain(pairs),
                          **{f: {k: round(s[k], 2) for k in ("CIDEr-D", "BLEU-4")} for f, s in got.items()}}), flush=True)
    print(json.dumps({"all": len(everything), "gain": gain(everything)}))


if __name__ == "__main__":
    main()
