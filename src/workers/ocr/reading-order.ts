/** An upright box, in any unit. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How much of the lower box's height two boxes must share to stand on one line. */
const SAME_LINE = 0.5;

function onOneLine(a: Box, b: Box): boolean {
  const shared = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return shared > SAME_LINE * Math.min(a.height, b.height);
}

/** Boxes as a person reads them: lines from the top, each from the left. */
export function readingOrder<Item extends Box>(boxes: readonly Item[]): Item[] {
  const lines: Item[][] = [];
  for (const box of [...boxes].sort((a, b) => a.y + a.height / 2 - (b.y + b.height / 2) || a.x - b.x)) {
    const line = lines.at(-1);
    if (line?.every((other) => onOneLine(other, box))) line.push(box);
    else lines.push([box]);
  }
  return lines.flatMap((line) => line.sort((a, b) => a.x - b.x || a.y - b.y));
}
