"""Runs a bundle with Python's onnxruntime: the reference for the TypeScript runtime, and what export.py measures with.

  python3 caption.py ../models/flickr-small --data ../../shared/data --out val.jsonl [--beams 1] [--limit 1000]

writes one line a validation picture, {"video", "text", "draft", "confidence"}, for score.py.
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
from search import write

HERE = os.path.dirname(os.path.abspath(__file__))


class Bundle:
    def __init__(self, folder, threads=2):
        with open(os.path.join(folder, "bundle.json")) as f:
            self.json = json.load(f)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.graphs = {name: ort.InferenceSession(os.path.join(folder, g["default"]["file"]), options, providers=["CPUExecutionProvider"])
                       for name, g in self.json["graphs"].items()}
        self.tokenizer = D.load_tokenizer(os.path.join(folder, self.json["tokenizer"]["file"]))

    def run(self, graph, **inputs):
        session = self.graphs[graph]
        return [torch.from_numpy(o) for o in session.run(None, {k: np.ascontiguousarray(v) for k, v in inputs.items()})]

    def decode(self, *inputs, graph="decoder"):
        return self.run(graph, **dict(zip(("visual", "ids", "positions", "segments", "mask", "past", "rows"), map(np.asarray, inputs))))

    def second(self, glance, pixels, drafts, options):
        """-> [(token ids, confidence)] of the second look behind drafts."""
        features = self.run("encoder", pixels=D.closer(pixels, options.get("closer", 0)))[1]
        refined = self.run("deeplens", glance=glance.numpy(), features=features.numpy(), draft=D.pad_drafts(drafts).numpy())[0]
        rewriter = functools.partial(self.decode, graph="rewriter" if "rewriter" in self.graphs else "decoder")
        views = [(rewriter, refined, drafts if options["readsDraft"] else None)]
        return write([(self.decode, glance, None)] + views if options["bothLooks"] else views, options, self.json["dims"])

    def caption(self, pixels, options=None):
        """uint8 [B, H, W, 3] -> per picture (draft ids, final ids, confidence of the final)."""
        options = dict(self.json["generation"], **(options or {}))
        glance = self.run("encoder", pixels=pixels)[0]
        drafts = [ids for ids, _ in write([(self.decode, glance, None)], options, self.json["dims"])]
        finals = self.second(glance, pixels, drafts, options)
        return [(draft, ids, confidence) for draft, (ids, confidence) in zip(drafts, finals)]

    def revise(self, pixels, drafts):
        """The second look alone, behind drafts given as token lists -> token ids."""
        glance = self.run("encoder", pixels=pixels)[0]
        return [ids for ids, _ in self.second(glance, pixels, drafts, self.json["generation"])]

    def text(self, ids):
        return " ".join(self.tokenizer.decode(list(ids)).split())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("--data", default=os.path.join(HERE, "..", "..", "shared", "data"))
    parser.add_argument("--out", required=True)
    parser.add_argument("--beams", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    bundle = Bundle(args.bundle, args.threads)
    rows = D.read_split(args.data, "val")[:args.limit]
    pixels = D.read_pictures(args.data, "val", D.read_split(args.data, "val"), os.path.join(HERE, "runs", "cache"))
    begun = time.time()
    with open(args.out, "w") as f:
        for start in range(0, len(rows), args.batch):
            batch = np.array(pixels[start:start + args.batch][:len(rows) - start])
            for row, (draft, ids, sure) in zip(rows[start:], bundle.caption(batch, {"beams": args.beams} if args.beams else None)):
                f.write(json.dumps({"video": row["image"], "text": bundle.text(ids), "draft": bundle.text(draft), "confidence": round(sure, 4)}) + "\n")
    print("%d pictures in %.1f s" % (len(rows), time.time() - begun))


if __name__ == "__main__":
    main()
