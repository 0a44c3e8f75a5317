import { distance, type Point, type Quad } from './raster.ts';

/** The rectangle of the least area around some points, at any angle. */
export interface Rect {
  /** Clockwise from the top left corner. */
  readonly corners: Quad;
  /** Its shorter side. */
  readonly short: number;
}

function cross(o: Point, a: Point, b: Point): number {
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/** The convex hull, without points on its sides: A. M. Andrew's monotone chain, 1979. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const chain = (from: readonly Point[]): Point[] => {
    const hull: Point[] = [];
    for (const point of from) {
      for (;;) {
        const [before, last] = hull.slice(-2);
        if (before === undefined || last === undefined || cross(before, last, point) > 0) break;
        hull.pop();
      }
      hull.push(point);
    }
    return hull.slice(0, -1);
  };
  const hull = [...chain(sorted), ...chain(sorted.reverse())];
  return hull.length === 0 ? sorted.slice(0, 1) : hull;
}

/** Four corners in the order that readers of text expect: clockwise from the top left one of the two on the left. */
export function clockwise(corners: readonly Point[]): Quad {
  const [a, b, c, d] = [...corners].sort((p, q) => p.x - q.x || p.y - q.y) as [Point, Point, Point, Point];
  const [topLeft, bottomLeft] = b.y > a.y ? [a, b] : [b, a];
  const [topRight, bottomRight] = d.y > c.y ? [c, d] : [d, c];
  return [topLeft, topRight, bottomRight, bottomLeft];
}

/** The least rectangle around at least one point. One of its sides lies along a side of the convex hull (Freeman and Shapira, 1975). */
export function minAreaRect(points: readonly Point[]): Rect {
  const hull = convexHull(points);
  let best: { area: number; corners: Point[]; short: number } | undefined;
  for (const [at, from] of hull.entries()) {
    const to = hull[(at + 1) % hull.length] as Point;
    const length = distance(from, to);
    const [ux, uy] = length === 0 ? [1, 0] : [(to.x - from.x) / length, (to.y - from.y) / length];
    let [minU, maxU, minV, maxV] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { x, y } of hull) {
      const [u, v] = [x * ux + y * uy, y * ux - x * uy];
      [minU, maxU] = [Math.min(minU, u), Math.max(maxU, u)];
      [minV, maxV] = [Math.min(minV, v), Math.max(maxV, v)];
    }
    const area = (maxU - minU) * (maxV - minV);
    if (best !== undefined && area >= best.area) continue;
    const corner = (u: number, v: number): Point => ({ x: u * ux - v * uy, y: u * uy + v * ux });
    const corners = [corner(minU, minV), corner(maxU, minV), corner(maxU, maxV), corner(minU, maxV)];
    best = { area, corners, short: Math.min(maxU - minU, maxV - minV) };
  }
  if (best === undefined) throw new RangeError('minAreaRect needs at least one point');
  return { corners: clockwise(best.corners), short: best.short };
}

/** A rectangle whose sides lie `by` further out. */
export function widenRect({ corners: [a, b, c, d], short }: Rect, by: number): Rect {
  const unit = (from: Point, to: Point): Point => {
    const length = distance(from, to) || 1;
    return { x: ((to.x - from.x) / length) * by, y: ((to.y - from.y) / length) * by };
  };
  const [right, down] = [unit(a, b), unit(a, d)];
  const move = ({ x, y }: Point, across: number, along: number): Point => ({
    x: x + across * right.x + along * down.x,
    y: y + across * right.y + along * down.y,
  });
  return { corners: [move(a, -1, -1), move(b, 1, -1), move(c, 1, 1), move(d, -1, 1)], short: short + 2 * by };
}
