/** Distance between samples `a` and `b`, by their positions. Symmetric. */
export type Distance = (a: number, b: number) => number;

function meanOver(from: number, to: number, start: number, end: number, distance: Distance): number {
  let sum = 0;
  let pairs = 0;
  for (let a = from; a < to; a++) {
    for (let b = Math.max(start, a + 1); b < end; b++) {
      sum += distance(a, b);
      pairs++;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}

/**
 * The amount of change at each sample, 0 to 1: compares the `reach` samples before it with the `reach` samples from it on, by
 * the energy coefficient of inhomogeneity (Székely and Rizzo, 2013): `(2 D(X,Y) - D(X,X) - D(Y,Y)) / 2 D(X,Y)`, where D is a mean
 * distance. It is 1 where each side is uniform and the two differ, and near 0 where the sides differ no more than each does
 * within itself: noise, motion, alternating shots. Changes smaller than `full` are scaled down in proportion.
 */
export function changes(count: number, reach: number, distance: Distance, full: number): number[] {
  // Many windows share each pair; cache its distance.
  const span = 2 * reach;
  const band = new Float32Array(count * span).fill(-1);
  const known: Distance = (a, b) => {
    const at = a * span + (b - a);
    const value = band[at] ?? -1;
    if (value >= 0) return value;
    const fresh = distance(a, b);
    band[at] = fresh;
    return fresh;
  };
  return Array.from({ length: count }, (_, at) => {
    const from = Math.max(0, at - reach);
    const to = Math.min(count, at + reach);
    if (at === 0) return 0;
    const across = meanOver(from, at, at, to, known);
    if (across === 0) return 0;
    const within = (meanOver(from, at, from, at, known) + meanOver(at, to, at, to, known)) / 2;
    return Math.max(0, 1 - within / across) * Math.min(1, across / full);
  });
}
