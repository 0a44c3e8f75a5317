import { parseWhole } from '../../captioning/settings.ts';
import type { Captioner } from '../../core/types.ts';
import type { Bundle } from '../../workers/bundle/bundle.ts';
import { createCaptioner } from '../../workers/pool/pool.ts';

/** A captioner for one look or for two; only one of them holds its memory at a time. */
export class Captioners {
  readonly #bundle: Bundle;
  readonly #processes: number | undefined;
  #open: { readonly passes: 1 | 2; readonly captioner: Captioner } | undefined;

  /** `workers` as `--workers` takes it. */
  constructor(bundle: Bundle, workers: string | undefined) {
    this.#bundle = bundle;
    this.#processes = workers === undefined ? undefined : parseWhole(workers, '--workers', 1, 256);
  }

  /** The captioner for so many passes, open. Throws a BundleError. */
  async get(passes: 1 | 2): Promise<Captioner> {
    if (this.#open?.passes === passes) return this.#open.captioner;
    await this.close();
    const captioner = createCaptioner({
      bundle: this.#bundle,
      passes,
      ...(this.#processes === undefined ? {} : { processes: this.#processes }),
    });
    await captioner.open();
    this.#open = { passes, captioner };
    return captioner;
  }

  /** Gives the memory back; the next `get` opens anew. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.captioner.close();
  }
}
