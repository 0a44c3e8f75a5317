"""First step of training: python3 prepare.py [--data ../../shared/data]

Decodes every picture once into SECONDGLANCE_RUNS/cache, finds training pictures that look like a validation picture (they are never trained on:
excluded.json), and trains the tokenizer. What is there already is kept.
"""
import argparse
import json
import multiprocessing
import os

import numpy as np

import data as D
import text as T

NEAR = 24  # of 240 bits; unrelated pictures differ in about 120
VOCABULARY = 5120


def cache_set(data, name):
    paths = [os.path.join(D.RUNS, "cache", "%s-%s.npy" % (name, kind)) for kind in ("pictures", "hashes")]
    if all(map(os.path.exists, paths)):
        return
    rows, files = D.read_rows(data, name), D.picture_bytes(data, name)
    pictures = np.lib.format.open_memmap(paths[0] + ".part.npy", "w+", np.uint8, (len(rows), D.SIZE, D.SIZE, 3))
    hashes = np.zeros((len(rows), 30), np.uint8)
    for i, row in enumerate(rows):
        pictures[i] = D.halve(D.decode(files[row["image"]]))
        hashes[i] = D.fingerprint(pictures[i])
    pictures.flush()
    np.save(paths[1], hashes)
    os.replace(paths[0] + ".part.npy", paths[0])
    print(name, len(rows), "pictures", flush=True)


def lookalikes(data):
    """-> {training set: indices of pictures that look like a validation picture, mirrored or not}."""
    bits = {name: np.unpackbits(np.load(os.path.join(D.RUNS, "cache", name + "-hashes.npy")), axis=1)[:, :240].astype(np.float32)
            for name in (*D.TRAIN, *D.VALIDATION, *D.OTHER)}
    found = {}
    for name in D.TRAIN:
        found[name] = set()
        for held in (*D.VALIDATION, *D.OTHER):
            a, b = bits[name], bits[held]
            mirrored = 1 - b.reshape(-1, 16, 15)[:, :, ::-1].reshape(len(b), -1)
            for other in (b, mirrored):
                differ = a.sum(1)[:, None] + other.sum(1)[None] - 2 * a @ other.T
                close = np.argwhere(differ <= NEAR)
                for i, j in close:
                    print("excluded: %s %d looks like %s %d (%d bits)" % (name, i, held, j, differ[i, j]), flush=True)
                found[name] |= {int(i) for i, _ in close}
    return {name: sorted(indices) for name, indices in found.items()}


def training_texts(data):
    """Captions of all training sets and the text-only corpus, without any sentence that a validation picture has."""
    held = {t for name in (*D.VALIDATION, *D.OTHER) for r in D.read_rows(data, name) for t in r["captions"]}
    captions = [t for name in D.TRAIN for r in D.read_rows(data, name) for t in r["captions"]]
    return list(dict.fromkeys([t for t in captions if t not in held] + T.read_corpus(data, held)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=D.DATA)
    args = parser.parse_args()
    os.makedirs(os.path.join(D.RUNS, "cache"), exist_ok=True)
    path = os.path.join(D.RUNS, "tokenizer.json")
    if not os.path.exists(path):
        texts = training_texts(args.data)
        T.make_tokenizer(texts, path, VOCABULARY)
        print("tokenizer of", VOCABULARY, "tokens from", len(texts), "sentences", flush=True)
    with multiprocessing.Pool(2) as pool:
        pool.starmap(cache_set, [(args.data, name) for name in (*D.TRAIN, *D.VALIDATION, *D.OTHER)], chunksize=1)
    excluded = lookalikes(args.data)
    print({name: len(indices) for name, indices in excluded.items()})
    with open(os.path.join(D.RUNS, "excluded.json"), "w") as f:
        json.dump(excluded, f)


if __name__ == "__main__":
    main()
