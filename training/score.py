"""BLEU-1..4, ROUGE-L and CIDEr-D, as the COCO caption evaluation computes them (its reference implementation is the check).

  python3 score.py --references val.jsonl --captions out.jsonl [--field text|draft]     scores and the gain of text over draft
  python3 score.py --references val.jsonl --human                                        caption i mod 5 against the other four
  python3 score.py --references val.jsonl --captions out.jsonl --reliability             does confidence tell good captions from bad?
  python3 score.py --references val.jsonl --captions out.jsonl --words [--bundle DIR]    repetition, broken sentences, vocabulary, beside a person's

out.jsonl holds one line a picture, as `secondglance caption -f jsonl` writes it: {"video": "<relative picture file>", "text", "draft", ...}.
BLEU: Papineni et al. 2002, corpus level, closest reference length. ROUGE-L: Lin 2004, beta 1.2, best precision and best recall over the
references. CIDEr-D: Vedantam et al. 2015, n = 1..4, sigma 6, document frequencies from the references given.
"""
import argparse
import collections
import functools
import json
import math
import os
import re
import sys

import numpy as np


def words(text):
    """Lower case; everything but a-z, 0-9 and the apostrophe becomes a space."""
    return re.sub(r"[^a-z0-9']", " ", text.lower()).split()


def ngrams(tokens, up_to=4):
    return collections.Counter(tuple(tokens[i:i + n]) for n in range(1, up_to + 1) for i in range(len(tokens) - n + 1))


def bleu(hypotheses, references):
    """Token lists; per row a list of token lists. -> four figures between 0 and 1."""
    guess, right = [0] * 4, [0] * 4
    length = closest = 0
    for hyp, refs in zip(hypotheses, references):
        length += len(hyp)
        closest += min((abs(len(r) - len(hyp)), len(r)) for r in refs)[1]
        most = collections.Counter()
        for r in refs:
            for gram, n in ngrams(r).items():
                most[gram] = max(most[gram], n)
        for n in range(4):
            guess[n] += max(0, len(hyp) - n)
        for gram, n in ngrams(hyp).items():
            right[len(gram) - 1] += min(n, most[gram])
    tiny, small = 1e-15, 1e-9  # the reference implementation's guards
    out, product = [], 1.0
    ratio = (length + tiny) / (closest + small)
    for n in range(4):
        product *= (right[n] + tiny) / (guess[n] + small)
        out.append(product ** (1 / (n + 1)) * (math.exp(1 - 1 / ratio) if ratio < 1 else 1.0))
    return out


def common_subsequence(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b):
            before, row[j + 1] = row[j + 1], before + 1 if x == y else max(row[j + 1], row[j])
    return row[-1]


def rouge_l(hypotheses, references):
    total = 0.0
    for hyp, refs in zip(hypotheses, references):
        if not hyp:
            continue
        shared = [(common_subsequence(hyp, r), len(r)) for r in refs]
        precision, recall = max(s for s, _ in shared) / len(hyp), max(s / n for s, n in shared if n)
        if precision and recall:
            total += (1 + 1.2 ** 2) * precision * recall / (recall + 1.2 ** 2 * precision)
    return total / len(hypotheses)


class Cider:
    """CIDEr-D with document frequencies from `references` (per picture a list of token lists)."""

    def __init__(self, references):
        seen = collections.Counter()
        for refs in references:
            seen.update({gram for r in refs for gram in ngrams(r)})
        self.seen, self.log_n = seen, math.log(len(references))
        self.references = references

    @functools.lru_cache(20000)
    def vectors(self, index):
        """Those of the references of picture `index`, when they are first wanted."""
        return [self.vector(r) for r in self.references[index]]

    def vector(self, tokens):
        """tf-idf by n-gram length, their norms, and the caption's length (the reference implementation counts its bigrams)."""
        weights, squares, length = [{}, {}, {}, {}], [0.0] * 4, 0
        for gram, count in ngrams(tokens).items():
            n = len(gram) - 1
            w = count * (self.log_n - math.log(max(1.0, self.seen[gram])))
            weights[n][gram] = w
            squares[n] += w * w
            if n == 1:
                length += count
        return weights, [math.sqrt(s) for s in squares], length

    def one(self, tokens, index):
        """Score of one caption for picture `index`: 10 x the mean over references and n."""
        hyp, norms, length = self.vector(tokens)
        total = 0.0
        for ref, ref_norms, ref_length in self.vectors(index):
            penalty = math.exp(-((length - ref_length) ** 2) / 72.0)
            for n in range(4):
                if norms[n] and ref_norms[n]:
                    dot = sum(min(w, ref[n][g]) * ref[n][g] for g, w in hyp[n].items() if g in ref[n])
                    total += dot / (norms[n] * ref_norms[n]) * penalty
        return 10 * total / (4 * len(self.references[index]))


def score(captions, references):
    """Texts, and per row a list of texts -> the figures in per cent."""
    hyps, refs = [words(c) for c in captions], [[words(r) for r in rs] for rs in references]
    cider = Cider(refs)
    per_picture = [cider.one(h, i) for i, h in enumerate(hyps)]
    out = {"BLEU-%d" % (n + 1): 100 * v for n, v in enumerate(bleu(hyps, refs))}
    out.update({"ROUGE-L": 100 * rouge_l(hyps, refs), "CIDEr-D": 100 * float(np.mean(per_picture))})
    out["per_picture"] = per_picture
    return out


def interval(gains, rounds=2000, seed=0):
    """Paired bootstrap over pictures: the 95 % interval of the mean gain, in CIDEr-D points."""
    gains = 100 * np.asarray(gains)
    means = gains[np.random.default_rng(seed).integers(0, len(gains), (rounds, len(gains)))].mean(1)
    return [round(float(v), 2) for v in np.percentile(means, [2.5, 97.5])]


def ranks(values):
    """Ranks from 0, equal values sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[inverse]


def spearman(a, b):
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def reliability(confidence, per_picture, bins=10, rounds=2000, seed=0):
    """Confidences and CIDEr-D of as many captions -> one row a bin (equal counts, least sure first), the rank correlation with its 95 % bootstrap
    interval, and `minConfidence`: the confidence below which captions score, on average, less than half of what all do."""
    sure, points = np.asarray(confidence, float), 100 * np.asarray(per_picture)
    order = np.argsort(sure, kind="stable")
    rows = [{"from": round(float(sure[part].min()), 4), "to": round(float(sure[part].max()), 4), "captions": len(part),
             "confidence": round(float(sure[part].mean()), 4), "CIDEr-D": round(float(points[part].mean()), 2)}
            for part in np.array_split(order, bins)]
    draws = np.random.default_rng(seed).integers(0, len(sure), (rounds, len(sure)))
    low, high = np.percentile([spearman(sure[d], points[d]) for d in draws], [2.5, 97.5])
    below = np.cumsum(points[order]) / np.arange(1, len(order) + 1)
    # A handful of captions has an average by chance: a threshold cuts off one in fifty at least, or none.
    poor = [k for k in range(len(order) // 50, len(order)) if below[k - 1] < points.mean() / 2]
    least = math.floor(100 * sure[order[poor[-1]]]) / 100 if poor else 0.0
    return rows, {"spearman": round(spearman(sure, points), 3), "interval95": [round(float(low), 3), round(float(high), 3)], "minConfidence": least,
                  "leftOut": int((sure < least).sum()), "CIDEr-D left out": round(float(points[sure < least].mean()), 2) if (sure < least).any() else None,
                  "CIDEr-D kept": round(float(points[sure >= least].mean()), 2), "CIDEr-D": round(float(points.mean()), 2)}


# No sentence ends in one of these. ("in", "on", "up", "down" and their like may end one: "a pool with a dog in", "he falls down".)
UNENDING = set("a an the and or but with of at from into onto through near beside between behind his her their its while as to for is are who that which".split())


def repeats(tokens):
    """The same word twice running, or the same three words twice."""
    grams = [tuple(tokens[i:i + 3]) for i in range(len(tokens) - 2)]
    return any(a == b for a, b in zip(tokens, tokens[1:])) or len(set(grams)) < len(grams)


def wording(texts, known, cut=None):
    """Texts -> how they are worded: counts of captions, a few examples of each fault, and the vocabulary. known: words that training captions have;
    cut(text): was it ended by the limit of tokens?"""
    tokens = [words(t) for t in texts]
    faults = {"repeated phrase": repeats, "broken end": lambda w: not w or w[-1] in UNENDING, "word that no training caption has": lambda w: not known.issuperset(w)}
    hits = {name: [t for t, w in zip(texts, tokens) if test(w)] for name, test in faults.items()}
    hits["unknown token"] = [t for t in texts if re.search("\ufffd|<[a-z]+>", t)]
    if cut:
        hits["ended by the limit"] = [t for t in texts if cut(t)]
    return dict({name: {"captions": len(found), "examples": found[:5]} for name, found in hits.items()}, captions=len(texts), distinct=len(set(map(tuple, tokens))),
                vocabulary=len({w for t in tokens for w in t}), words=round(float(np.mean([len(t) for t in tokens])), 2))


def cutter(bundle):
    """-> was a text ended by the bundle's limit of tokens, as its tokenizer counts them?"""
    import text as T
    with open(os.path.join(bundle, "bundle.json")) as f:
        manifest = json.load(f)
    tokenizer = T.load_tokenizer(os.path.join(bundle, manifest["tokenizer"]["file"]))
    return lambda text: len(tokenizer.encode(text[:1].lower() + text[1:]).ids) >= manifest["generation"]["maxTokens"]


def rounded(figures):
    return {k: round(v, 3) for k, v in sorted(figures.items()) if k != "per_picture"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--references", required=True)
    parser.add_argument("--captions")
    parser.add_argument("--field", choices=("text", "draft"))
    parser.add_argument("--human", action="store_true")
    parser.add_argument("--reliability", action="store_true")
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--bundle", help="with --words: the bundle that wrote the captions, whose limit of tokens may have cut some short")
    args = parser.parse_args()
    with open(args.references) as f:
        rows = [json.loads(line) for line in f]
    if args.human:
        got = rounded(score([r["captions"][i % 5] for i, r in enumerate(rows)],
                            [r["captions"][:i % 5] + r["captions"][i % 5 + 1:] for i, r in enumerate(rows)]))
        with open(os.path.join(os.path.dirname(args.references), "val-human-scores.json")) as f:
            want = json.load(f)["scores"]
        print(json.dumps({"got": got, "want": want}))
        sys.exit(0 if all(abs(got[k] - v) < 5e-4 for k, v in want.items()) else 1)
    with open(args.captions) as f:
        lines = {os.path.basename(line["video"]): line for line in map(json.loads, f) if "video" in line}
    missing = [r["image"] for r in rows if r["image"] not in lines]
    if missing:
        sys.exit("%d of %d pictures have no caption, the first is %s" % (len(missing), len(rows), missing[0]))
    lines = [lines[r["image"]] for r in rows]
    if args.words:
        with open(os.path.join(os.path.dirname(args.references), "train.jsonl")) as f:
            known = {w for line in f for text in json.loads(line)["captions"] for w in words(text)}
        cut = cutter(args.bundle) if args.bundle else None
        for field in [args.field] if args.field else ["text", "draft"]:
            print(json.dumps({"of": field, **wording([line[field] for line in lines], known, cut)}))
        print(json.dumps({"of": "a person", **wording([r["captions"][i % 5] for i, r in enumerate(rows)], known)}))
        return
    got = {}
    for field in [args.field] if args.field else ["text", "draft"]:
        if all(line.get(field) is not None for line in lines):
            got[field] = score([line[field] for line in lines], [r["captions"] for r in rows])
    if args.reliability:
        table, whole = reliability([line["confidence"] for line in lines], got["text"]["per_picture"])
        print("\n".join(map(json.dumps, table + [whole])))
        return
    out = {"pictures": len(rows), **{k: rounded(v) for k, v in got.items()}}
    if len(got) == 2:
        gains = np.subtract(got["text"]["per_picture"], got["draft"]["per_picture"])
        out["gain"] = {"CIDEr-D": round(100 * float(gains.mean()), 3), "interval95": interval(gains)}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
