"""What captions name, against what people named: honest nouns, invented people, and a confidence below which captions are left out.

  python3 nouns.py SCORES [OTHER_SCORES ...] [--data ../../shared/data]     a table for each folder that caption.py or `secondglance caption` wrote (<set>.jsonl)
  python3 nouns.py SCORES --confidence                                      deciles of confidence on each set, and the minimum confidence

A picture has a thing if at least two of its references name it (one, where it has fewer than three); a mention is right if any reference names the thing.
A caption is right if more than half of the things and other nouns that it names (the words that tags.py trains on) stand in a reference.
"""
import argparse
import json
import os

import numpy as np

import data as D
from score import score, words
from tags import tag_list

THINGS = {
    "person": "person people man men woman women boy boys girl girls child children kid kids baby lady guy player players skier surfer skateboarder snowboarder rider "
              "crowd couple team family toddler worker cyclist biker swimmer skater climber hiker",
    "dog": "dog dogs puppy puppies retriever terrier poodle",
    "cat": "cat cats kitten kittens",
    "car": "car cars taxi van suv jeep truck trucks vehicle vehicles",
    "bus": "bus buses",
    "bicycle": "bicycle bicycles bike bikes",
    "chair or sofa": "chair chairs sofa sofas couch couches armchair seat seats stool bench",
    "table": "table tables desk desks counter",
    "screen": "tv television monitor monitors screen screens computer computers laptop laptops",
    "tree": "tree trees palm forest woods",
}
THINGS = {name: frozenset(forms.split()) for name, forms in THINGS.items()}
SETS = ("pascal-val", "coco-val")
MARGIN = 1.5  # more than 1, so that it still leaves out more wrong than right ones of other pictures


def references(row):
    """The texts that say what is in a picture: captions or, of ADE's rooms, what people said one after another."""
    return [set(words(t)) for t in row["captions"] + row.get("sequence", []) + ([row["room"]] if "room" in row else [])]


def read(folder, name, data):
    """-> [(row of the set, its line of captions)]."""
    with open(os.path.join(folder, name + ".jsonl")) as f:
        lines = {os.path.basename(line["video"]): line for line in map(json.loads, f) if "video" in line}
    return [(r, lines[os.path.basename(r["image"])]) for r in D.read_rows(data, name) if os.path.basename(r["image"]) in lines]


def things(pairs):
    """-> {thing: [mentions, right ones, pictures that have it, those of which the caption names it]}, and of the pictures of nobody how many captions name a person."""
    out, empty, invented = {name: [0, 0, 0, 0] for name in THINGS}, 0, 0
    for row, line in pairs:
        refs, said = references(row), set(words(line["text"]))
        for name, forms in THINGS.items():
            votes, mentioned = sum(bool(forms & r) for r in refs), bool(forms & said)
            there = votes >= (2 if len(refs) > 2 else 1)
            out[name] = [n + k for n, k in zip(out[name], (mentioned, mentioned and votes > 0, there, there and mentioned))]
            if name == "person" and not votes:
                empty, invented = empty + 1, invented + mentioned
    return out, empty, invented


def known_nouns(data):
    """The words that tags.py trains on, of the sets other than the 40,000."""
    return set(tag_list([r for name in D.TRAIN if name != "coco-40k" for r in D.read_rows(data, name)])[0])


def right(row, text, nouns):
    """Is more than half of what a caption names in a reference? None if it names nothing."""
    named, refs = [w for w in words(text) if w in nouns], set().union(*references(row))
    if not named:
        return None
    kinds = [next((forms for forms in THINGS.values() if w in forms), {w}) for w in named]
    return sum(bool(k & refs) for k in kinds) * 2 > len(named)


def confidence(folder, data):
    """Per set the lowest and the highest tenth; the highest minimum that leaves out at least MARGIN times as many wrong captions as right ones of every set, chosen on
    the even rows and measured on the odd ones."""
    nouns, sets = known_nouns(data), {}
    for name in D.VALIDATION + D.OTHER:
        if not os.path.exists(os.path.join(folder, name + ".jsonl")):
            continue
        pairs = read(folder, name, data)
        sure, true = np.array([line["confidence"] for _, line in pairs]), np.array([right(r, line["text"], nouns) is True for r, line in pairs])
        cider = 100 * np.array(score([line["text"] for _, line in pairs], [r["captions"] + r.get("sequence", []) for r, _ in pairs])["per_picture"])
        order, tenth = np.argsort(sure, kind="stable"), max(1, len(sure) // 10)
        sets[name] = sure, true
        print(json.dumps({"set": name, "captions": len(sure), "right": round(float(true.mean()), 3),
                          "CIDEr-D of the lowest tenth": round(float(cider[order[:tenth]].mean()), 1), "of the highest": round(float(cider[order[-tenth:]].mean()), 1),
                          "right in the lowest tenth": round(float(true[order[:tenth]].mean()), 3), "in the highest": round(float(true[order[-tenth:]].mean()), 3)}))
    best = 0.0
    for least in np.arange(0.01, 1, 0.01):
        left = [((~true[::2][sure[::2] < least]).sum(), true[::2][sure[::2] < least].sum()) for sure, true in sets.values()]
        if all(wrong >= MARGIN * right for wrong, right in left):
            best = round(float(least), 2)
    print(json.dumps({"minConfidence": best, **{name: {"left out, wrong": int((~true[1::2][sure[1::2] < best]).sum()), "right": int(true[1::2][sure[1::2] < best].sum()), "of": len(sure[1::2])}
                                                for name, (sure, true) in sets.items()}}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--data", default=D.DATA)
    parser.add_argument("--confidence", action="store_true")
    args = parser.parse_args()
    for folder in args.folders:
        if args.confidence:
            confidence(folder, args.data)
            continue
        table, empty, invented = things([pair for name in SETS for pair in read(folder, name, args.data)])
        print("%s\n%-14s %9s %9s %8s %8s" % (folder, "", "precision", "recall", "mentions", "pictures"))
        for name, (mentions, correct, there, found) in table.items():
            print("%-14s %9s %9s %8d %8d" % (name, "%.2f" % (correct / mentions) if mentions else "-", "%.2f" % (found / there) if there else "-", mentions, there))
        print("people in captions of pictures that have none: %d of %d (%.1f %%)\n" % (invented, empty, 100 * invented / max(1, empty)))


if __name__ == "__main__":
    main()
