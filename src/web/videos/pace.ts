/** Progress that counts for the speed. */
const WINDOW_MS = 60_000;

interface Sample {
  readonly at: number;
  readonly covered: number;
}

/** How fast a run covers its video, over the last minute. What an earlier run had captioned is read back at once, and does not count. */
export class PaceMeter {
  readonly #now: () => number;
  #samples: Sample[] = [];

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(covered: number): void {
    const at = this.#now();
    this.#samples = [...this.#samples.filter((sample) => at - sample.at <= WINDOW_MS), { at, covered }].slice(-200);
  }

  /** Times real time; undefined until there is something to tell it from. */
  get speed(): number | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 1000) return undefined;
    return ((last.covered - first.covered) * 1000) / (last.at - first.at);
  }
}
