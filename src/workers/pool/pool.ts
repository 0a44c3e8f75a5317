import { sentenceOf } from '../../core/errors.ts';
import { failedCaptions } from '../../core/failed-captions.ts';
import type { Caption, Group } from '../../core/types.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { runtimeVersion } from '../bundle/runtime.ts';
import type { Captioner, CaptionOptions } from '../captioner.ts';
import { WorkerError } from '../errors.ts';
import { defaultProcesses } from './cores.ts';
import { InferenceProcess } from './inference-process.ts';
import { Semaphore } from './semaphore.ts';

/** A group with which this many processes died is not tried again. */
const MOST_DEATHS = 3;
/** The model throws again what it threw before, but for a shortage that has passed: one more try. */
const MOST_FAILURES = 2;
/** How often a process that ends before it is ready is started anew. */
const MOST_STARTS = 3;

/** What runs a pool. */
export interface CaptionerOptions {
  readonly bundle: Bundle;
  /** Inference processes; without it, as many as pay off. The captions are the same, however many. */
  readonly processes?: number;
  /** Hears of every try that failed, also where a later one succeeds, with exit code, signal and last stderr lines in its detail. */
  readonly onFailure?: (error: WorkerError, group: Group) => void;
}

/** One place for a process. It is filled when needed, and again when its process has ended. */
interface Slot {
  process: InferenceProcess | undefined;
  starting: Promise<InferenceProcess> | undefined;
}

function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException('The captions are no longer wanted', 'AbortError');
}

/** Rejects as soon as `signal` aborts, whatever `work` does. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  if (signal.aborted) throw reasonOf(signal);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(reasonOf(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

/** What runs a bundle, as {@link Captioner.runtime} has it. */
export function runtimeOf({ provider }: Bundle): string {
  return `onnxruntime-node ${runtimeVersion()} ${provider}`;
}

class PooledCaptioner implements Captioner {
  readonly model;
  readonly runtime;
  readonly image;
  readonly concurrency;
  readonly #options: CaptionerOptions;
  readonly #slots: Semaphore<Slot>;
  /** Every process that may still run, also those that are starting or ending. */
  readonly #processes = new Set<InferenceProcess>();
  #state: 'new' | 'open' | 'closed' = 'new';
  #opening: Promise<void> | undefined;

  constructor(options: CaptionerOptions) {
    this.#options = options;
    this.model = options.bundle.model;
    this.runtime = runtimeOf(options.bundle);
    this.image = options.bundle.image;
    this.concurrency = options.processes ?? defaultProcesses();
    this.#slots = new Semaphore<Slot>(
      Array.from({ length: this.concurrency }, () => ({ process: undefined, starting: undefined })),
    );
  }

  open(): Promise<void> {
    this.#opening ??= this.#startAll();
    return this.#opening;
  }

  async #startAll(): Promise<void> {
    if (this.#state === 'closed') throw this.#closedError();
    this.#state = 'open';
    try {
      await Promise.all(this.#slots.all.map((slot) => this.#processIn(slot)));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async caption(group: Group, options: CaptionOptions, signal: AbortSignal): Promise<Caption[]> {
    let deaths = 0;
    let failures = 0;
    for (;;) {
      if (this.#state !== 'open') throw this.#closedError();
      const slot = await this.#slots.take(signal);
      try {
        return await this.#captionIn(slot, group, options, signal);
      } catch (error) {
        if (!(error instanceof WorkerError) || signal.aborted) throw error;
        if (error.code === 'worker-died' || error.code === 'worker-stuck') deaths++;
        else if (error.code === 'inference-failed') failures++;
        else throw error;
        if (this.#state !== 'open') throw this.#closedError();
        this.#options.onFailure?.(error, group);
        if (deaths === MOST_DEATHS || failures === MOST_FAILURES) {
          return failedCaptions(
            group,
            options.passes,
            `Given up after ${deaths + failures} tries: ${sentenceOf(error)}`,
          );
        }
      } finally {
        this.#slots.give(slot);
      }
    }
  }

  async #captionIn(slot: Slot, group: Group, options: CaptionOptions, signal: AbortSignal): Promise<Caption[]> {
    const process = await unlessAborted(this.#processIn(slot), signal);
    try {
      return await unlessAborted(process.caption(group, options), signal);
    } catch (error) {
      // A run cannot be interrupted, only its process ended; the slot's next user starts another.
      if (signal.aborted) {
        slot.process = undefined;
        process.kill();
      }
      throw error;
    }
  }

  /** The slot's process, started anew where there is none. A start goes on when its first user has gone. */
  #processIn(slot: Slot): Promise<InferenceProcess> {
    if (slot.process?.alive) return Promise.resolve(slot.process);
    slot.starting ??= this.#start()
      .then((process) => {
        slot.process = process;
        return process;
      })
      .finally(() => {
        slot.starting = undefined;
      });
    return slot.starting;
  }

  async #start(): Promise<InferenceProcess> {
    for (let starts = 1; ; starts++) {
      if (this.#state !== 'open') throw this.#closedError();
      const process = new InferenceProcess();
      this.#processes.add(process);
      process.ended.then(() => this.#processes.delete(process));
      try {
        await process.open(this.#options.bundle);
        return process;
      } catch (error) {
        await process.stop();
        if (!(error instanceof WorkerError) || starts === MOST_STARTS) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await Promise.all([...this.#processes].map((process) => process.stop()));
  }

  #closedError(): WorkerError {
    const when = this.#state === 'new' ? 'has not been opened' : 'is closed';
    return new WorkerError('captioner-closed', `The captioner ${when}.`);
  }
}

/**
 * A captioner that runs a bundle in child processes, started once in `open()`. Each takes one group at a time. A process that dies is
 * replaced and its group done again; a group with which three died, or that made the model fail twice, comes back with
 * `error.code` `group-failed` in its captions, and the rest goes on. When `signal` aborts, `caption` rejects at once with its reason and the
 * process in mid-run is killed. `open()` rejects with BundleError where the processes cannot load the bundle.
 */
export function createCaptioner(options: CaptionerOptions): Captioner {
  return new PooledCaptioner(options);
}
