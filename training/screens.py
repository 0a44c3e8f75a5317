"""Made pictures of computer screens and slides, which no training picture shows: windows, bars, lists, code, tables and timelines at random places, in light and
dark colours. `scenes.py` adds them to its set."""
import numpy as np

SCREEN = ["a screenshot of a computer screen", "a screenshot of a computer program", "a computer screen with a program on it", "a computer screen with text on it"]
SLIDE = ["a slide with text on it", "text on a plain background", "a page with text on it", "lines of text on a page"]
FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")


def font(rng, size):
    from PIL import ImageFont
    try:
        return ImageFont.truetype(FONTS[rng.integers(len(FONTS))], int(size))
    except OSError:
        return ImageFont.load_default(int(size))


def near(rng, base, spread=14):
    """A colour near `base`."""
    return tuple(int(v) for v in np.clip(np.array(base) + rng.integers(-spread, spread + 1, 3), 0, 255))


def lines(draw, rng, box, words, ink, size):
    """Lines of text from the top of a box to its end."""
    x0, y0, x1, y1 = box
    face, y = font(rng, size), y0
    while y + size < y1:
        count = int(rng.integers(1, max(2, int((x1 - x0) / size / 3))))
        draw.text((x0 + size * int(rng.integers(0, 3)), y), " ".join(words[int(i)] for i in rng.integers(0, len(words), count)), near(rng, ink, 40), font=face)
        y += int(size * 1.5)


def panel(draw, rng, box, words, paper, ink):
    """What a window holds: text, a table, a timeline of clips, a row of pictures or a chart."""
    x0, y0, x1, y1 = box
    w, h, accent = x1 - x0, y1 - y0, tuple(int(v) for v in rng.integers(30, 230, 3))
    kind = int(rng.integers(5))
    if kind == 0:
        lines(draw, rng, box, words, ink, int(rng.integers(8, 16)))
    elif kind == 1:
        rows, columns = rng.integers(4, 14, 2)
        for r in range(rows):
            for c in range(columns):
                cell = (x0 + c * w // columns, y0 + r * h // rows, x0 + (c + 1) * w // columns, y0 + (r + 1) * h // rows)
                draw.rectangle(cell, near(rng, paper, 6), outline=near(rng, ink, 60))
                if rng.random() < 0.6:
                    draw.text((cell[0] + 2, cell[1] + 1), words[int(rng.integers(len(words)))][:6], ink, font=font(rng, 8))
    elif kind == 2:
        for r in range(int(rng.integers(2, 6))):
            x, top, tall = x0, y0 + r * h // 6, h // 7
            while x < x1:
                wide = int(rng.integers(8, 90))
                if rng.random() < 0.7:
                    draw.rectangle((x, top, min(x1, x + wide), top + tall), near(rng, accent, 50), outline=ink)
                    for at in range(x + 2, min(x1, x + wide), 2):
                        half = int(rng.integers(1, max(2, tall // 3)))
                        draw.line((at, top + tall // 2 - half, at, top + tall // 2 + half), near(rng, paper, 30))
                x += wide + int(rng.integers(1, 20))
    elif kind == 3:
        for c in range(int(rng.integers(2, 6))):
            for r in range(int(rng.integers(1, 4))):
                cell = (x0 + c * w // 5 + 4, y0 + r * h // 3 + 4, x0 + (c + 1) * w // 5 - 4, y0 + (r + 1) * h // 3 - 14)
                if cell[2] > cell[0] and cell[3] > cell[1]:
                    draw.rectangle(cell, tuple(int(v) for v in rng.integers(0, 255, 3)))
                    draw.text((cell[0], cell[3] + 2), words[int(rng.integers(len(words)))], ink, font=font(rng, 8))
    else:
        points = [(x0 + i * w // 12, y1 - int(h * rng.random())) for i in range(13)]
        draw.line(points, accent, 2)
        draw.line((x0, y0, x0, y1, x1, y1), ink)


def screen(rng, words):
    """A desktop or one program that fills it."""
    from PIL import Image, ImageDraw
    dark = rng.random() < 0.5
    paper, ink = ((35, 36, 42), (200, 200, 205)) if dark else ((245, 245, 246), (40, 40, 45))
    image = Image.new("RGB", (448, 252), near(rng, paper if rng.random() < 0.6 else rng.integers(20, 200, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 4))):
        x0, y0 = (int(v) for v in rng.integers(0, (160, 70)))
        x1, y1 = (int(v) for v in rng.integers((280, 160), (449, 253)))
        sheet = near(rng, paper)
        draw.rectangle((x0, y0, x1, y1), sheet, outline=near(rng, ink, 60))
        draw.rectangle((x0, y0, x1, y0 + 13), near(rng, [v * 0.85 for v in sheet]))
        draw.text((x0 + 20, y0 + 2), " ".join(words[int(i)] for i in rng.integers(0, len(words), 3)), ink, font=font(rng, 9))
        side = x0 + (int(rng.integers(50, 110)) if rng.random() < 0.6 else 4)
        if side > x0 + 4:
            draw.rectangle((x0, y0 + 13, side, y1), near(rng, sheet, 10))
            lines(draw, rng, (x0 + 4, y0 + 20, side, y1), words, ink, 9)
        middle = int(rng.integers(y0 + 40, max(y0 + 41, y1 - 20)))
        for box in ((side + 6, y0 + 20, x1 - 6, middle), (side + 6, middle + 6, x1 - 6, y1 - 4)):
            if box[3] - box[1] > 20:
                panel(draw, rng, box, words, sheet, ink)
    return image


def slide(rng, words):
    """A title and some lines on a plain background."""
    from PIL import Image, ImageDraw
    paper = near(rng, (250, 250, 250) if rng.random() < 0.5 else rng.integers(0, 255, 3))
    ink = (30, 30, 35) if sum(paper) > 380 else (240, 240, 240)
    image = Image.new("RGB", (448, 252), paper)
    draw = ImageDraw.Draw(image)
    draw.text((int(rng.integers(15, 80)), int(rng.integers(10, 50))), " ".join(words[int(i)] for i in rng.integers(0, len(words), 3)), ink, font=font(rng, rng.integers(20, 38)))
    lines(draw, rng, (int(rng.integers(20, 90)), int(rng.integers(75, 110)), 430, int(rng.integers(130, 250))), words, ink, int(rng.integers(10, 22)))
    return image


def made(count, words):
    """-> [(picture, kind, captions)], two screens to a slide; the same every time."""
    out = []
    for n in range(count):
        rng = np.random.default_rng([12, n])
        out.append((slide(rng, words), "slide", SLIDE) if n % 3 == 2 else (screen(rng, words), "screen", SCREEN))
    return out
