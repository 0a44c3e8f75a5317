import { GRID, type Signature } from './signature.ts';

const CELLS = GRID * GRID;
/** Distance to a neighbouring cell from which a cell counts as structured, and what must be left of it in the other picture. */
const STRUCTURED = 8;
const STILL_STRUCTURED = 4;
/** With fewer structured cells there is nothing by which a view could be recognised. */
const LEAST_CELLS = 24;
/** A cell that differs by less, apart from a change of light, shows the same. */
const UNCHANGED = 8;
/**
 * The share of structured cells that show the same from which two pictures are one view. On real clips, pictures of one camera that stands still
 * share 0.46 or more however large what moves before it, pictures of different scenes 0.19 at most.
 */
const SHARE = 0.4;

/** The three planes of one cell. */
type Cell = readonly [number, number, number];

function cellOf(signature: Signature, at: number): Cell {
  return [signature[at] ?? 0, signature[CELLS + at] ?? 0, signature[2 * CELLS + at] ?? 0];
}

function distance(a: Cell, b: Cell): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** For each cell the largest distance to the cells above, below and beside it. */
function structureOf(signature: Signature): Float32Array {
  const structure = new Float32Array(CELLS);
  const compare = (at: number, other: number): void => {
    const apart = distance(cellOf(signature, at), cellOf(signature, other));
    structure[at] = Math.max(structure[at] ?? 0, apart);
    structure[other] = Math.max(structure[other] ?? 0, apart);
  };
  for (let at = 0; at < CELLS; at++) {
    if (at % GRID < GRID - 1) compare(at, at + 1);
    if (at + GRID < CELLS) compare(at, at + GRID);
  }
  return structure;
}

/** The change that most cells have in common, a plane: that of the light. */
function commonChange(before: Signature, after: Signature): Cell {
  const median = (plane: number): number => {
    const changes = Array.from({ length: CELLS }, (_, cell) => {
      const at = plane * CELLS + cell;
      return (after[at] ?? 0) - (before[at] ?? 0);
    });
    return changes.sort((a, b) => a - b)[CELLS / 2] ?? 0;
  };
  return [median(0), median(1), median(2)];
}

/**
 * True where two pictures show one view: what is in the background has stayed in its place, whatever moves before it and however the light changes.
 * A camera that turns shows another view. False where there is nothing to compare, as in plain pictures.
 */
export function isSameView(before: Signature, after: Signature): boolean {
  const [was, is] = [structureOf(before), structureOf(after)];
  const light = commonChange(before, after);
  let structured = 0;
  let plain = 0;
  let relit = 0;
  for (let at = 0; at < CELLS; at++) {
    const [a, b] = [was[at] ?? 0, is[at] ?? 0];
    if (Math.max(a, b) < STRUCTURED) continue;
    structured++;
    if (Math.min(a, b) < STILL_STRUCTURED) continue;
    const cell = cellOf(before, at);
    const now = cellOf(after, at);
    if (distance(cell, now) < UNCHANGED) plain++;
    if (distance([cell[0] + light[0], cell[1] + light[1], cell[2] + light[2]], now) < UNCHANGED) relit++;
  }
  return structured >= LEAST_CELLS && Math.max(plain, relit) >= SHARE * structured;
}
