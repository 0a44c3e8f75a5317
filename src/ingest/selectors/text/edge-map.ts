/** Side of a tile in pixels. */
export const TILE = 16;
/** Two neighbours whose brightness differs by this much, of 255, are an edge: as for the text detector. */
const EDGE = 24;

/** Where brightness changes from one column to the next: 1 at an edge, row by row. Letters are dense with such edges. */
export type EdgeMap = Uint8Array;

/** The edges of RGB pixels, 8 bits, `width * height * 3` bytes. */
export function edgesOf(pixels: Uint8Array, width: number, height: number): EdgeMap {
  const edges = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    let before = 0;
    for (let x = 0; x < width; x++, at++) {
      const rgb = at * 3;
      const here = (2 * (pixels[rgb] as number) + 5 * (pixels[rgb + 1] as number) + (pixels[rgb + 2] as number)) >> 3;
      if (x > 0 && Math.abs(here - before) >= EDGE) edges[at] = 1;
      before = here;
    }
  }
  return edges;
}

/** The edges of `map` that stand within a pixel, in the same row, of one of `other`. */
export function steadyEdges(map: EdgeMap, other: EdgeMap): EdgeMap {
  return filtered(map, (at) => isNear(other, at));
}

/** The edges of `map` that stand near none of `other`. */
export function withoutEdges(map: EdgeMap, other: EdgeMap): EdgeMap {
  return filtered(map, (at) => !isNear(other, at));
}

function filtered(map: EdgeMap, keeps: (at: number) => boolean): EdgeMap {
  const kept = new Uint8Array(map.length);
  for (let at = 0; at < map.length; at++) if (map[at] === 1 && keeps(at)) kept[at] = 1;
  return kept;
}

function isNear(map: EdgeMap, at: number): boolean {
  return map[at] === 1 || map[at - 1] === 1 || map[at + 1] === 1;
}

/** How many edges there are. */
export function edgeCount(map: EdgeMap): number {
  let count = 0;
  for (const edge of map) count += edge;
  return count;
}

/** How many edges each tile has, row by row. */
export function edgesPerTile(map: EdgeMap, width: number): Uint16Array {
  const across = Math.ceil(width / TILE);
  const height = map.length / width;
  const counts = new Uint16Array(across * Math.ceil(height / TILE));
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / TILE) * across;
    for (let x = 0; x < width; x++, at++) {
      if (map[at] === 1) counts[row + (x >> 4)] = (counts[row + (x >> 4)] as number) + 1;
    }
  }
  return counts;
}
