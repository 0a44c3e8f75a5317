import type { Captioner } from '../captioner.ts';

/** One captioner, opened when first needed. `close()` gives its memory back; the next `get()` opens a new one. */
export class LazyCaptioner {
  readonly #create: () => Captioner;
  #open: { readonly captioner: Captioner; readonly opening: Promise<void> } | undefined;

  constructor(create: () => Captioner) {
    this.#create = create;
  }

  /** The captioner, open. Rejects as its `open()` does; the next call then tries again. */
  async get(): Promise<Captioner> {
    if (this.#open === undefined) {
      const captioner = this.#create();
      const open = { captioner, opening: captioner.open() };
      open.opening.catch(() => {
        if (this.#open === open) this.#open = undefined;
      });
      this.#open = open;
    }
    const { captioner, opening } = this.#open;
    await opening;
    return captioner;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.captioner.close();
  }
}
