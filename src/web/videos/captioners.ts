import { loadCaptioner, type ModelCaptioner } from '../../captioning/open-captioner.ts';
import { DEFAULT_BUNDLE } from '../../workers/bundle/bundle.ts';
import { listInstalled } from '../../workers/installed/list-installed.ts';
import type { ModelChoice } from '../../workers/load-model.ts';
import { RefusedRequestError } from '../errors.ts';

/** How long a model stays in memory after its last use. */
const IDLE_MS = 300_000;

interface Loaded {
  readonly captioner: Promise<ModelCaptioner>;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

/** The model that captions where none is asked for, and its inference processes. */
export interface CaptionerSettings {
  /** Of the command line; the one that comes with secondglance by default. */
  readonly model?: ModelChoice | undefined;
  readonly processes?: number | undefined;
}

/**
 * Models in memory: each is loaded once for all that use it, and leaves some minutes after its last use, or when another one is
 * needed.
 */
export class Captioners {
  readonly #settings: CaptionerSettings;
  readonly #loaded = new Map<string, Loaded>();

  constructor(settings: CaptionerSettings) {
    this.#settings = settings;
  }

  /**
   * Checks the name of a model that a request names. Requests name installed models only: a folder, a server or a program
   * may only stand on the command line.
   */
  async check(name: string | undefined): Promise<void> {
    if (name === undefined || name === DEFAULT_BUNDLE || (await listInstalled()).includes(name)) return;
    throw new RefusedRequestError(`there is no installed model ${name}: GET /api/models lists them`, [
      { pointer: '/body/options/model', detail: 'is not installed' },
    ]);
  }

  /** Runs `act` with a model, which has been checked. */
  async use<T>(name: string | undefined, act: (captioner: ModelCaptioner) => Promise<T>): Promise<T> {
    const key = name ?? '';
    const loaded = this.#loaded.get(key) ?? this.#load(name);
    this.#loaded.set(key, loaded);
    loaded.users += 1;
    clearTimeout(loaded.timer);
    await Promise.all([...this.#loaded].filter(([other]) => other !== key).map(([other]) => this.#release(other)));
    try {
      return await act(await loaded.captioner);
    } finally {
      loaded.users -= 1;
      const failed = await loaded.captioner.then(
        () => false,
        () => true,
      );
      if (failed) this.#loaded.delete(key);
      else if (loaded.users === 0) {
        loaded.timer = setTimeout(() => void this.#release(key), IDLE_MS);
        loaded.timer.unref();
      }
    }
  }

  #load(name: string | undefined): Loaded {
    const { model, processes } = this.#settings;
    const captioner = loadCaptioner({ model: name ?? model, processes });
    captioner.catch(() => undefined);
    return { captioner, users: 0, timer: undefined };
  }

  async #release(key: string): Promise<void> {
    const loaded = this.#loaded.get(key);
    if (loaded === undefined || loaded.users > 0) return;
    this.#loaded.delete(key);
    clearTimeout(loaded.timer);
    await loaded.captioner.then((captioner) => captioner.close()).catch(() => undefined);
  }

  async close(): Promise<void> {
    const all = [...this.#loaded.values()];
    this.#loaded.clear();
    for (const { captioner, timer } of all) {
      clearTimeout(timer);
      await captioner.then((open) => open.close()).catch(() => undefined);
    }
  }
}
