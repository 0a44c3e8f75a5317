"""Scenes without a subject, for a captioner that has only seen pictures of something: python3 scenes.py [--data DIR] [--pictures 3600] [--workers 2]

People photograph things; a fixed camera sees roads, rooms, floors, walls, water and grass with nothing on them. This cuts such scenes out of training pictures:
crops in which a detector (PicoDet-S) finds no object and a segmenter (DeepLab, 32 classes of ADE20K) finds mostly one kind of surface, or a room. Captions are made
from what the segmenter sees, from the mean colours of it and from a few words of the picture's own captions; for cars on roads also from the detector's boxes.
Writes RUNS/scenes/scenes.tar (WebP) and scenes.jsonl: {image, captions, kind, of (the picture it is cut from)}.
"""
import argparse
import collections
import io
import json
import multiprocessing as mp
import os
import pickle
import re
import tarfile

import numpy as np

import data as D
import screens

SETS = ("coco-40k", "coco-2k", "flickr8k", "ade-train", "pascal", "wiki-alt")
AREAS = ("other wall building sky floor tree ceiling road bed window grass cabinet sidewalk person dirt door table mountain plant curtain chair car water painting sofa "
         "shelf house sea mirror rug field armchair").split()
# What a picture's captions must name for it to be looked at, in order of trial, and how many of each at most (shares of --pictures).
WORDS = {"road": (r"\b(road|street|highway|parking|intersection|driveway)\b", 0.31), "flower": (r"\b(flowers?|plants?|leaves)\b", 0.08),
         "rocks": (r"\b(rocks?|stream|creek|waterfall)\b", 0.08), "water": (r"\b(water|ocean|lake|river|sea|waves?|pool)\b", 0.11),
         "room": (r"\b(room|kitchen|bathroom|bedroom|hallway|office|floor|wall)\b", 0.33), "grass": (r"\b(grass|field|grassy)\b", 0.05),
         "sky": (r"\b(sky|clouds?|building|tower|mountains?)\b", 0.04)}
SCREENS = 240  # made pictures of computer screens and slides
# Lines of each kind in scenes.jsonl: rare kinds come several times, of frequent ones some are left out. A camera above a road sees it from any side: TURNED kinds
# are turned by quarters too.
LINES = {"road": 450, "cars": 450, "room": 900, "table": 450, "boards": 450, "wall": 60, "floor": 300, "water": 240, "rocks": 200, "grass": 100, "ground": 80, "sky": 150, "trees": 60,
         "building": 80, "flowers": 80, "screen": 160, "slide": 80}
TURNED = ("road", "cars", "floor", "water", "grass", "ground")
OBJECT = 0.3  # score from which a detection counts
CARS = {2: "car", 5: "bus", 7: "truck"}  # COCO's classes that may stand on a road


class Segmenter:
    def __init__(self, data):
        self.session = open_session(os.path.join(data, "detector", "deeplabv3_ade32_uint8.onnx"))

    def __call__(self, image):
        """A picture -> class numbers uint8 [128, 128]."""
        pixels = np.asarray(image.resize((512, 512)))[None]
        return self.session.run(None, {self.session.get_inputs()[0].name: pixels})[0].reshape(512, 512)[2::4, 2::4].astype(np.uint8)


class Detector:
    """PicoDet's boxes, as PaddleDetection decodes them: the expectation of a distribution over 8 distances to each side, in strides."""

    def __init__(self, data):
        self.session = open_session(os.path.join(data, "detector", "picodet_s_416_coco.onnx"))

    def run(self, image):
        """A picture -> four outputs of class scores (strides 8, 16, 32, 64), four of boxes."""
        pixels = (np.asarray(image.resize((416, 416)), np.float32) / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
        return self.session.run(None, {self.session.get_inputs()[0].name: pixels.transpose(2, 0, 1)[None].astype(np.float32)})

    def best(self, image):
        """A picture -> the highest score of each of the 80 classes."""
        return np.max([scores.reshape(-1, 80).max(0) for scores in self.run(image)[:4]], 0)

    def __call__(self, image):
        """A picture -> [(class, score, x0, y0, x1, y1)], shares of the picture's sides; the best of boxes of one class that overlap."""
        out, found = self.run(image), []
        for scores, boxes in zip(out[:4], out[4:]):
            scores, boxes = scores.reshape(-1, 80), boxes.reshape(-1, 4, 8)
            side = int(round(len(scores) ** 0.5))
            for at, kind in np.argwhere(scores > OBJECT):
                share = np.exp(boxes[at] - boxes[at].max(-1, keepdims=True))
                left, top, right, bottom = (share * np.arange(8)).sum(-1) / share.sum(-1) / side
                x, y = (at % side + 0.5) / side, (at // side + 0.5) / side
                found.append((int(kind), float(scores[at, kind]), *np.clip((x - left, y - top, x + right, y + bottom), 0, 1)))
        kept = []
        for box in sorted(found, key=lambda b: -b[1]):
            if all(k[0] != box[0] or overlap(k[2:], box[2:]) < 0.5 for k in kept):
                kept.append(box)
        return kept


def open_session(path):
    import onnx
    import onnxruntime
    model = onnx.load(path)
    weights = {i.name for i in model.graph.initializer}
    for value in [v for v in model.graph.input if v.name in weights]:  # or nothing is folded
        model.graph.input.remove(value)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def intersection(a, b):
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def area(a):
    return (a[2] - a[0]) * (a[3] - a[1])


def overlap(a, b):
    both = intersection(a, b)
    return both / max(1e-9, area(a) + area(b) - both)


def colour(pixels):
    """The name of the mean colour of pixels [n, 3], or None where it has none that people would name."""
    r, g, b = pixels.astype(np.float64).mean(0)
    most, least = max(r, g, b), min(r, g, b)
    if most - least < 24:
        return "white" if least > 165 else "black" if most < 60 else "gray"
    if r >= g >= b:
        return "red" if g < 0.6 * r and b < 0.65 * r else "yellow" if g > 0.85 * r and b < 0.6 * r else "brown"
    if g >= r and g >= b:
        return "green"
    return "blue" if b >= r and b >= g else "red" if r > 1.3 * g else None


def list_of(things):
    things = [("an " if t[0] in "aeiou" else "a ") + t for t in things]
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + " and " + things[-1]


def describe(share, pixels, areas, boxes, text, rng):
    """What a crop shows -> (kind, captions) or None. share: of the crop by the names of AREAS; boxes: detections in it, with the part of the crop they take."""
    def has(word):
        return re.search(r"\b(%s)" % word, text)

    def mean(name):
        return colour(pixels[areas == AREAS.index(name)])

    if has("signs?"):
        return None
    street = share["road"] + share["sidewalk"]
    cars = [b for b in boxes if b[0] in CARS]
    others = [b for b in boxes if b[0] not in CARS and b[6] > 0.004]
    if share["person"] > 0.01 or others:
        return None
    if cars:
        if not (street > 0.4 and 0.03 < max(b[6] for b in cars) and share["sky"] + share["building"] < 0.25 and len(cars) <= 3 and max(b[1] for b in cars) > 0.5):
            return None
        b = max(cars, key=lambda b: b[6])
        h, w = pixels.shape[:2]
        x0, y0, x1, y1 = (np.array(b[2:6]) * (w, h, w, h)).astype(int)
        dx, dy = (x1 - x0) // 4, (y1 - y0) // 4
        paint, name = colour(pixels[y0 + dy:max(y0 + dy + 1, y1 - dy), x0 + dx:max(x0 + dx + 1, x1 - dx)].reshape(-1, 3)), CARS[b[0]]
        if len(cars) > 1:
            number = {2: "two", 3: "three"}[len(cars)]
            return "cars", ["%s cars on a road" % number, "cars driving down a road", "%s cars driving down the road" % number, "a couple of cars on a street"]
        full = ("%s %s" % (paint, name)) if paint in ("white", "black", "red", "blue", "gray") else name
        return "cars", ["a %s driving down a road" % full, "a %s on the road" % full, "a %s driving down the street" % full, "a %s is on an empty road" % full]
    if street > 0.8:
        out = ["an empty road", "an empty street", "a road with no cars on it", "a gray road with nothing on it", "a view of an empty road", "an empty paved road",
               "the gray pavement of an empty road"]
        out += ["a road with white lines on it"] * bool(has("line")) + ["an empty parking lot"] * 2 * bool(has("parking"))
        return "road", out
    if street > 0.5 and share["grass"] + share["tree"] + share["dirt"] > 0.12 and share["building"] + share["sky"] < 0.2:
        return "road", ["an empty road next to %s" % ("grass" if share["grass"] > share["tree"] else "trees"), "an empty street", "an empty road", "a road with no cars on it"]
    grass = share["grass"] + share["field"]
    if grass > 0.8:
        return "grass", ["a field of grass", "a grassy field", "an empty field of green grass", "green grass in a field", "grass on the ground"]
    water = share["water"] + share["sea"]
    if water > 0.15 and has("rock") and share["sky"] < 0.3 and share["other"] + share["dirt"] + share["mountain"] + water + share["grass"] > 0.75:
        return "rocks", ["rocks in the water", "water flowing over rocks", "a stream with rocks in it", "rocks next to a stream of water", "large rocks near the water"]
    if water > 0.8:
        tint = colour(pixels[(areas == AREAS.index("water")) | (areas == AREAS.index("sea"))])
        out = ["a body of water", "a view of the water", "the surface of the water", "ripples in the water"]
        out += ["blue water", "clear blue water"] * (tint == "blue") + ["waves in the ocean"] * bool(has("ocean|wave|surf"))
        return "water", out + ["the water of a swimming pool", "a blue swimming pool"] * bool(has("pool"))
    if share["sky"] > 0.9:
        return "sky", ["a blue sky with clouds", "a view of the sky", "clouds in the sky"] if mean("sky") == "blue" else ["a cloudy sky", "clouds in a gray sky", "a view of the sky"]
    if share["tree"] > 0.85:
        return "trees", ["green trees", "a group of trees", "trees in a forest", "the leaves of a tree"]
    if share["plant"] > 0.4 and has("flower") and not has("vase|pot|table|sign|bench|man|woman|people|person"):
        tint = colour(pixels[pixels.shape[0] // 3:-pixels.shape[0] // 3, pixels.shape[1] // 3:-pixels.shape[1] // 3].reshape(-1, 3))
        out = ["a close up of flowers", "a close up of a flower", "flowers on a plant", "a flower on a green plant", "flowers growing in a garden"]
        return "flowers", out + ["a red flower on a green plant"] * 2 * (tint == "red")
    if share["plant"] > 0.75 and not has("flower"):
        return "flowers", ["a close up of a green plant", "the leaves of a plant", "a green plant"]
    if share["dirt"] > 0.85:
        return "ground", ["dirt on the ground", "a dirt ground", "an empty patch of dirt"] if not has("beach|sand") else ["sand on a beach", "an empty beach", "a sandy beach"]
    if share["building"] + share["house"] > 0.85:
        return "building", ["the side of a building", "a large building", "a building with windows"]
    room = sum(share[a] for a in ("wall", "floor", "ceiling", "window", "door", "cabinet", "curtain", "table", "chair", "sofa", "bed", "shelf", "painting", "mirror", "rug", "armchair"))
    if room < 0.88 or not has("room|kitchen|bathroom|bedroom|hallway|office|floor|wall|couch|sofa|bed|table|chair|window|door"):
        return None
    if share["wall"] > 0.85:
        return "wall", ["a wall", "a blank wall", "a plain wall"]
    if share["floor"] > 0.8:
        return "floor", (["a wooden floor", "an empty wooden floor", "brown boards of a floor"] if mean("floor") == "brown" else ["an empty floor", "the floor of a room", "a tiled floor"])
    if share["floor"] < 0.05 and share["wall"] + share["ceiling"] < 0.4:
        return None
    things = [t for t in ("bed", "sofa", "table", "chair", "cabinet", "shelf", "door", "window", "mirror", "painting", "curtain", "rug") if share[t] > 0.025]
    things = ["couch" if t == "sofa" else t for t in sorted(things, key=lambda t: -share[{"couch": "sofa"}.get(t, t)])[:3]]
    place = next((w for w in ("kitchen", "bathroom", "bedroom", "living room", "dining room", "hallway", "office") if has(w)), "room")
    a = "an" if place[0] == "o" else "a"
    # Only bare rooms are said to be empty: people call a furnished room by what stands in it.
    out = []
    wooden = bool(share["floor"] > 0.15 and mean("floor") == "brown")
    if wooden:
        out += ["%s %s with a wooden floor" % (a, place), "a wooden floor in %s %s" % (a, place), "a brown wooden floor"]
    if share["wall"] > 0.2 and mean("wall") in ("white", "blue", "yellow", "green"):
        out += ["%s %s with %s walls" % (a, place, mean("wall"))]
    if things:
        out += ["%s %s with %s" % (a, place, list_of(things)), "%s %s with %s" % (a, place, list_of(things[:1]))]
    if "table" in things:
        out += ["a table in %s %s" % (a, place), "a small table in %s %s" % (a, place), "a table standing on the floor of %s %s" % (a, place)]
        out += ["a small table on a wooden floor", "a brown wooden floor with a table on it"] * wooden
    if not set(things) - {"door", "window", "painting", "curtain"}:
        out += ["an empty %s" % place] + ["an empty %s with a wooden floor" % place] * wooden
    return "table" if "table" in things else "boards" if wooden else "room", out


def crops(image, areas, boxes, text, rng, most=3):
    """Up to `most` crops of a picture that can be described, of different kinds or places."""
    found, places, small = [], [], np.asarray(image.resize((128, 128)))
    for _ in range(200):
        w, h = rng.uniform(0.2, 1, 2) if rng.random() < 0.85 else (1.0, 1.0)
        x, y = rng.random(2) * (1 - w, 1 - h)
        crop = (x, y, x + w, y + h)
        if w * image.width < 64 or h * image.height < 64 or not 0.5 < w * image.width / (h * image.height) < 2.2 or any(overlap(crop, p) > 0.4 for p in places):
            continue
        inside = []
        for kind, score, *box in boxes:
            part = intersection(crop, box)
            if part > 0.3 * area(box) or part > 0.004 * area(crop):
                rel = np.clip(((box[0] - x) / w, (box[1] - y) / h, (box[2] - x) / w, (box[3] - y) / h), 0, 1)
                inside.append((kind, score, *rel, part / area(crop)))
        piece = areas[int(y * 128):max(int(y * 128) + 1, int((y + h) * 128)), int(x * 128):max(int(x * 128) + 1, int((x + w) * 128))]
        counts = np.bincount(piece.reshape(-1), minlength=32) / piece.size
        said = describe(dict(zip(AREAS, counts)), small[int(y * 128):, int(x * 128):][:piece.shape[0], :piece.shape[1]], piece, inside, text, rng)
        if said:
            cut = image.crop((int(x * image.width), int(y * image.height), int((x + w) * image.width), int((y + h) * image.height)))
            found.append((cut, *said))
            places.append(crop)
            if len(found) == most:
                break
    return found


def choose(data, count):
    """-> [(set, image, text)] to look at: by the words of their captions, those that name no people first."""
    people = re.compile(r"\b(man|men|woman|women|people|person|boys?|girls?|child|children|kids?|players?|guy|lady|group|crowd|he|she)\b")
    rng, candidates, out, taken = np.random.default_rng(4), [], [], set()
    for name in SETS:
        candidates += [(name, r["image"], " . ".join(r["captions"] + list(map(str, r.get("sequence", ()))) + [str(r.get("room", ""))])) for r in D.read_rows(data, name)]
    rng.shuffle(candidates)
    candidates.sort(key=lambda c: bool(people.search(c[2])))
    for pattern, share in WORDS.values():
        new = [c for c in candidates if (c[0], c[1]) not in taken and re.search(pattern, c[2])][:int(share * count)]
        out += new
        taken.update((c[0], c[1]) for c in new)
    return out


def work(rank, workers, data, chosen, path):
    from PIL import Image
    files, segment, detect, out = {}, Segmenter(data), Detector(data), []
    for n, (name, image, text) in list(enumerate(chosen))[rank::workers]:
        if name not in files:
            files[name] = D.picture_bytes(data, name)
        picture = Image.open(io.BytesIO(files[name][image])).convert("RGB")
        boxes = detect(picture)
        if sum(area(b[2:]) for b in boxes if b[0] not in CARS) > 0.8:
            continue
        for cut, kind, captions in crops(picture, segment(picture), boxes, text, np.random.default_rng([8, n])):
            out.append({"set": name, "image": image, "kind": kind, "captions": captions, "picture": webp(cut)})
        if n // workers % 100 == 0:
            kinds, counts = np.unique([r["kind"] for r in out], return_counts=True)
            print(n, dict(zip(kinds.tolist(), counts.tolist())), flush=True)
    with open("%s.%d" % (path, rank), "wb") as f:
        pickle.dump(out, f, protocol=5)


def webp(image):
    content = io.BytesIO()
    image.save(content, "WEBP", quality=80)
    return content.getvalue()


def turned(content, quarters):
    from PIL import Image
    return webp(Image.open(io.BytesIO(content)).rotate(90 * quarters, expand=True))


def write(rows, path):
    """rows: {set, image, kind, captions, picture} -> path.tar, path.jsonl."""
    rng, lines, kinds = np.random.default_rng(6), [], collections.defaultdict(list)
    with tarfile.open(path + ".tar", "w") as tar:
        for row in rows:
            for turn in range(4 if row["kind"] in TURNED else 1):
                member = tarfile.TarInfo("%05d-%d.webp" % (sum(map(len, kinds.values())), turn))
                content = turned(row["picture"], turn) if turn else row["picture"]
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
                kinds[row["kind"]].append({"image": member.name, "captions": row["captions"], "kind": row["kind"], "of": [row["set"], row["image"]]})
    for kind, found in kinds.items():
        order = np.concatenate([rng.permutation(len(found)) for _ in range(-(-LINES[kind] // len(found)))])
        lines += [found[i] for i in order[:LINES[kind]]]
    with open(path + ".jsonl", "w") as f:
        f.writelines(json.dumps(line) + "\n" for line in lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=D.DATA)
    parser.add_argument("--pictures", type=int, default=3600)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    folder = os.path.join(D.RUNS, "scenes")
    os.makedirs(folder, exist_ok=True)
    path, chosen = os.path.join(folder, "scenes"), choose(args.data, args.pictures)
    print(len(chosen), "pictures", flush=True)
    chosen = [chosen[i] for i in np.random.default_rng(1).permutation(len(chosen))]
    processes = [mp.Process(target=work, args=(rank, args.workers, args.data, chosen, path)) for rank in range(args.workers)]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
        assert p.exitcode == 0
    rows = []
    for rank in range(args.workers):
        with open("%s.%d" % (path, rank), "rb") as f:
            rows += pickle.load(f)
        os.remove("%s.%d" % (path, rank))
    words = sorted({w for _, _, text in chosen for w in re.findall(r"[a-z]{3,}", text)})
    for image, kind, captions in screens.made(SCREENS, words):
        rows.append({"set": "made", "image": "", "kind": kind, "captions": captions, "picture": webp(image)})
    write(rows, path)


if __name__ == "__main__":
    main()
