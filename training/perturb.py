"""Pseudo-drafts: a true caption with 0 to 3 small errors, each of one of four kinds - entity, attribute, relation, action (arXiv 2508.21451).

No tagger and no word lists from elsewhere: the kinds are told apart by a few closed-class words and by where a word stands in the training
captions, and a word is replaced by one that stands in like surroundings (man -> woman, red -> blue, on -> under, running -> jumping).
"""
import collections

import numpy as np

DETERMINERS = set("a an the his her their its another some two three four five several many".split())
RELATIONS = set("on in under over above below behind beside near with without at into onto through across against between along around by "
                "inside outside from toward towards off down up past".split())
ATTRIBUTES = set("red blue green yellow black white brown orange pink purple grey gray tan golden blond blonde dark light bright colorful big "
                 "small little large tall short long young old older wet dry dirty snowy grassy sandy rocky wooden plastic empty shirtless bald "
                 "happy one two three four five six several many".split())
OTHER = set("is are was be being been and or while as that who which of to it they he she there this these those not no very all other each "
            "has have having looking look looks".split())


class Perturber:
    def __init__(self, captions, least=15, near=8):
        """captions: training texts. Words seen fewer than `least` times are left alone; a word's stand-ins are its `near` nearest."""
        counts, before = collections.Counter(), collections.defaultdict(collections.Counter)
        sentences = [c.split() for c in captions]
        for words in sentences:
            counts.update(words)
            for left, word in zip([""] + words, words):
                before[word][left] += 1
        self.kind = {}
        for word, n in counts.items():
            if n < least or word in DETERMINERS - ATTRIBUTES or word in OTHER:
                continue
            named = sum(before[word][w] for w in DETERMINERS | ATTRIBUTES) / n
            if word in RELATIONS:
                self.kind[word] = "relation"
            elif word in ATTRIBUTES:
                self.kind[word] = "attribute"
            elif word.endswith("ing") and len(word) > 5 and named < 0.4:
                self.kind[word] = "action"
            elif named > 0.4:
                self.kind[word] = "entity"
        self.near = self._neighbours(sentences, counts, near)

    def _neighbours(self, sentences, counts, near):
        """Per kind: cosine of positive pointwise mutual information with the words two to the left and right -> the nearest `near`."""
        common = {w: i for i, (w, _) in enumerate(counts.most_common(1000))}
        index = {w: i for i, w in enumerate(self.kind)}
        table = np.zeros((len(index), 4 * len(common)), np.float32)
        for words in sentences:
            for i, word in enumerate(words):
                row = index.get(word)
                if row is None:
                    continue
                for slot, j in enumerate((i - 2, i - 1, i + 1, i + 2)):
                    if 0 <= j < len(words) and words[j] in common:
                        table[row, slot * len(common) + common[words[j]]] += 1
        expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
        pmi = np.log(np.maximum(table, 1e-9) / np.maximum(expected, 1e-9)).clip(0) * (table > 0)
        pmi /= np.maximum(np.linalg.norm(pmi, axis=1, keepdims=True), 1e-9)
        out = {}
        for kind in ("entity", "attribute", "relation", "action"):
            words = [w for w in self.kind if self.kind[w] == kind]
            vectors = pmi[[index[w] for w in words]]
            like = vectors @ vectors.T
            np.fill_diagonal(like, -1)
            for word, row in zip(words, like):
                out[word] = [words[j] for j in np.argsort(-row, kind="stable")[:near]]
        return out

    def __call__(self, caption, rng, errors=None):
        """-> the caption with 0..3 words replaced (as many as it has replaceable words)."""
        words = caption.split()
        errors = int(rng.integers(0, 4)) if errors is None else errors
        places = [i for i, w in enumerate(words) if self.near.get(w)]
        for i in rng.permutation(len(places))[:errors]:
            choices = self.near[words[places[i]]]
            words[places[i]] = choices[int(rng.integers(len(choices)))]
        return " ".join(words)
