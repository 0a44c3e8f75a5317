/** Neighbouring buckets differ by this factor, so a quantile is right within 1 %. */
const GROWTH = 1.02;
const LOG = Math.log(GROWTH);

/** Lengths of time (milliseconds) of which quantiles are wanted, in bounded memory: there are fewer than a thousand buckets. */
export class Latencies {
  readonly #buckets = new Map<number, number>();
  #count = 0;

  add(ms: number): void {
    const bucket = Math.min(1000, Math.round(Math.log(Math.max(1, ms)) / LOG));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
  }

  /** The value below which `share` (0 to 1) of all values lie; undefined where there are none. */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let passed = 0;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      passed += count;
      if (passed >= rank) return Math.round(GROWTH ** bucket);
    }
    return undefined;
  }
}
