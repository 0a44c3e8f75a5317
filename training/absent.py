"""Words for things that are not in a picture: no caption and no label names them, and a detector (PicoDet-S) sees none of them."""
import numpy as np
import torch
from PIL import Image

import text as T
from nouns import THINGS

SEEN = 0.2  # a class whose best score stays below this is not in the picture
# Words, and the detector's classes (COCO's, in order) that all have to be missing for the words to be wrong.
GROUPS = [
    (THINGS["person"], ("person",)), (THINGS["dog"], ("dog",)), (THINGS["cat"], ("cat",)), (THINGS["car"], ("car", "bus", "truck")),
    (THINGS["bus"], ("bus", "truck")), ("bicycle bicycles bike bikes motorcycle motorcycles scooter", ("bicycle", "motorcycle")),
    ("airplane airplanes plane planes jet", ("airplane",)), ("train trains", ("train", "bus")), ("boat boats ship", ("boat",)), ("bench benches", ("bench",)),
    ("bird birds", ("bird",)), ("horse horses", ("horse", "cow")), ("cow cows sheep cattle goat goats", ("cow", "sheep", "horse")), ("elephant elephants", ("elephant",)),
    ("bear bears teddy", ("bear", "teddy bear")), ("zebra zebras", ("zebra",)), ("giraffe giraffes", ("giraffe",)), ("umbrella umbrellas", ("umbrella",)),
    ("skateboard skateboards", ("skateboard",)), ("surfboard surfboards", ("surfboard",)), ("bed beds", ("bed",)), ("toilet toilets", ("toilet",)),
    ("laptop laptops computer computers keyboard tv television monitor screen", ("tv", "laptop", "keyboard")), ("phone cell", ("cell phone", "remote")),
    ("refrigerator fridge", ("refrigerator", "oven")), ("pizza", ("pizza",)), ("cake", ("cake",))]
CLASSES = ("person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, parking meter, bench, bird, cat, dog, "
           "horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball "
           "bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, "
           "broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, "
           "microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier, toothbrush").split(", ")


class Absent:
    """Tells which tokens of the vocabulary would name something that a picture does not show."""

    def __init__(self, data, tok, size):
        from scenes import Detector
        self.detector, self.groups, self.size = Detector(data), [], size
        for words, classes in GROUPS:
            words = set(words.split() if isinstance(words, str) else words)
            tokens = [t[0] for t in T.encode_all(tok, sorted(words)) if len(t) == 1]
            self.groups.append((words, set(classes), tokens))

    def __call__(self, rows, views):
        """rows {captions, labels?}, views uint8 [B, S, S, 3] -> bool [B, size of the vocabulary]."""
        out = torch.zeros(len(rows), self.size, dtype=torch.bool)
        for i, (row, view) in enumerate(zip(rows, views)):
            best = self.detector.best(Image.fromarray(view.numpy()))
            seen = {CLASSES[c] for c in np.flatnonzero(best > SEEN)} | set(row.get("labels") or ())
            named = set(" ".join(row["captions"] + list(map(str, row.get("sequence", ())))).lower().split())
            for words, classes, tokens in self.groups:
                if not words & named and not classes & seen:
                    out[i, tokens] = True
        return out
