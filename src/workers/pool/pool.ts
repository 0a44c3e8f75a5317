import { sentenceOf } from '../../core/errors.ts';
import { failedCaptions } from '../../core/failed-captions.ts';
import { untilAbort } from '../../core/lifetime/until-abort.ts';
import type { Caption, Group } from '../../core/types.ts';
import type { Captioner, CaptionerOptions, CaptionOptions } from '../captioner.ts';
import { runtimeVersion } from '../decoding/runtime.ts';
import { WorkerError } from '../errors.ts';
import type { LocalModel } from '../families/family.ts';
import { defaultProcesses } from './cores.ts';
import type { ModelPlace } from './inference-process.ts';
import { Semaphore } from './semaphore.ts';
import { takeProcess } from './spare-process.ts';

/** A group during which this many processes died is not tried again. */
const MOST_DEATHS = 3;
/** One retry: a model that fails will usually fail again, unless memory was short. */
const MOST_FAILURES = 2;
/** How often a process is started that ends before it is ready. */
const MOST_STARTS = 3;

/** How a captioner runs a model. */
export interface PoolOptions extends CaptionerOptions {
  readonly model: ModelPlace & Pick<LocalModel, 'image'>;
}

/** A process that captions one group at a time. */
export interface GroupProcess {
  /** False once it has ended, for whatever reason. */
  readonly alive: boolean;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<void>;
  /** Loads the model. Throws a WorkerError `worker-start` where a retry may help. */
  open(): Promise<void>;
  /** Throws a WorkerError: `worker-died`, `worker-stuck` (both: the process has ended), `inference-failed`, `picture-size`. */
  caption(group: Group, options: CaptionOptions): Promise<Caption[]>;
  /** Ends it; resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** What a pool of processes is made of. */
export interface ProcessPoolOptions extends CaptionerOptions {
  readonly identity: Pick<Captioner, 'model' | 'runtime' | 'image'>;
  /** Starts a process; {@link GroupProcess.open} follows. */
  readonly start: () => GroupProcess;
}

/** Holds one process, which is started when needed, and again when it has ended. */
interface Slot {
  process: GroupProcess | undefined;
  starting: Promise<GroupProcess> | undefined;
}

/** What runs a model, as {@link Captioner.runtime} has it. */
export function runtimeOf({ provider }: Pick<LocalModel, 'provider'>): string {
  return `onnxruntime-node ${runtimeVersion()} ${provider}`;
}

class PooledCaptioner implements Captioner {
  readonly model;
  readonly runtime;
  readonly image;
  readonly concurrency;
  readonly #options: ProcessPoolOptions;
  readonly #slots: Semaphore<Slot>;
  /** Every process that may still run, including those that are starting or ending. */
  readonly #processes = new Set<GroupProcess>();
  #state: 'new' | 'open' | 'closed' = 'new';
  #opening: Promise<void> | undefined;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
    this.model = options.identity.model;
    this.runtime = options.identity.runtime;
    this.image = options.identity.image;
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
      const slots = this.#options.startOnDemand === true ? [this.#slots.next] : this.#slots.all;
      await Promise.all(slots.map((slot) => slot && this.#processIn(slot)));
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
          return failedCaptions(group, options.passes, `Failed after ${deaths + failures} tries: ${sentenceOf(error)}`);
        }
      } finally {
        this.#slots.give(slot);
      }
    }
  }

  async #captionIn(slot: Slot, group: Group, options: CaptionOptions, signal: AbortSignal): Promise<Caption[]> {
    const process = await untilAbort(this.#processIn(slot), signal);
    try {
      return await untilAbort(process.caption(group, options), signal);
    } catch (error) {
      // A run can only be interrupted by ending its process; the slot's next user starts another.
      if (signal.aborted) {
        slot.process = undefined;
        process.kill();
      }
      throw error;
    }
  }

  /** The slot's process, started where there is none. A start continues when the caller that began it has aborted. */
  #processIn(slot: Slot): Promise<GroupProcess> {
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

  async #start(): Promise<GroupProcess> {
    for (let starts = 1; ; starts++) {
      if (this.#state !== 'open') throw this.#closedError();
      const process = this.#options.start();
      this.#processes.add(process);
      process.ended.then(() => this.#processes.delete(process));
      try {
        await process.open();
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

/** A captioner over processes of any kind; the rules are those of {@link createCaptioner}. */
export function poolProcesses(options: ProcessPoolOptions): Captioner {
  return new PooledCaptioner(options);
}

/**
 * A captioner that runs a model in child processes, which `open()` starts, or with `startOnDemand` the first of them. Each captions one group at a time. A process that dies is replaced and
 * its group tried again; a group during which three died, or on which the model failed twice, is returned with `error.code`
 * `group-failed` in its captions. When `signal` aborts, `caption` rejects at once with its reason and the running process is killed. `open()`
 * rejects with a BundleError where the processes cannot load the model.
 */
export function createCaptioner({ model: local, ...options }: PoolOptions): Captioner {
  const { model, image } = local;
  return poolProcesses({
    ...options,
    identity: { model, image, runtime: runtimeOf(local) },
    start: () => inferenceProcess(local),
  });
}

function inferenceProcess(model: ModelPlace): GroupProcess {
  const process = takeProcess();
  return {
    ended: process.ended,
    get alive() {
      return process.alive;
    },
    open: () => process.open(model),
    caption: (group, options) => process.caption(group, options),
    stop: () => process.stop(),
    kill: () => process.kill(),
  };
}
