import { type NodeProcess, startNodeProcess } from '../../core/process/node-process.ts';
import type { Caption, Group } from '../../core/types.ts';
import type { CaptionOptions } from '../captioner.ts';
import { WorkerError } from '../errors.ts';
import type { LocalModel } from '../families/family.ts';
import type { OperatorPlacement } from '../families/verify-provider.ts';
import { knownHashes } from '../hash-file.ts';
import { type Answer, type Request, unpackError } from './messages.ts';

/** An answer that takes longer never comes: far above what the slowest machine needs to load a model or caption a group. */
const WATCHDOG_MS = 10 * 60_000;

const MODULE = new URL('./child', import.meta.url).href;

interface PendingAnswer {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WorkerError) => void;
}

/** What of a model an inference process needs to find it again. */
export type ModelPlace = Pick<LocalModel, 'folder' | 'provider' | 'detail' | 'model'>;

/** One child process with a model in it. It takes one request at a time. */
export class InferenceProcess {
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<void>;
  readonly #process: NodeProcess<Request, Answer>;
  #stuck = false;
  #pending: PendingAnswer | undefined;

  /** Starts the process; {@link InferenceProcess.open} must follow. */
  constructor() {
    this.#process = startNodeProcess(MODULE);
    this.#process.onMessage((answer) => this.#pending?.resolve(answer));
    this.ended = this.#process.ended.then(() => this.#pending?.reject(this.#endedError()));
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** False once it has ended, for whatever reason. */
  get alive(): boolean {
    return this.#process.alive;
  }

  /**
   * Loads a model into the process.
   * @throws BundleError from the process; WorkerError `worker-start` where the process ended or did not answer
   */
  async open({ folder, provider, detail, model }: ModelPlace): Promise<void> {
    try {
      await this.#ask({ type: 'open', folder, provider, detail, sha256: model.sha256, hashes: knownHashes() });
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      throw new WorkerError('worker-start', `No inference process could be started: ${error.message}`, {
        detail: error.detail,
        cause: error,
      });
    }
  }

  /**
   * Captions one group.
   * @throws WorkerError `worker-died`, `worker-stuck` (both: the process has ended), `inference-failed`, `picture-size`
   */
  async caption(group: Group, options: CaptionOptions): Promise<Caption[]> {
    const answer = await this.#ask({ type: 'caption', group, options });
    return answer.type === 'captions' ? answer.captions : [];
  }

  /**
   * Runs a model once and counts which execution providers ran its operators, see `verify-provider.ts`. Works without
   * {@link InferenceProcess.open}.
   * @throws BundleError from the process; WorkerError `worker-died`, `worker-stuck`, `inference-failed`
   */
  async verify({ folder, provider }: Pick<ModelPlace, 'folder' | 'provider'>): Promise<OperatorPlacement> {
    const answer = await this.#ask({ type: 'verify', folder, provider });
    return answer.type === 'verified' ? answer.operators : {};
  }

  /** SIGTERM, then SIGKILL; resolves when the process has ended. Does nothing when it has ended already. */
  stop(): Promise<void> {
    return this.#process.stop();
  }

  /** SIGKILL. */
  kill(): void {
    this.#process.kill();
  }

  async #ask(request: Request): Promise<Answer> {
    if (!this.alive) throw this.#endedError();
    const timer = setTimeout(() => {
      this.#stuck = true;
      this.kill();
    }, WATCHDOG_MS);
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        this.#pending = { resolve, reject };
        this.#process.send(request);
      });
      if (answer.type === 'failed') throw unpackError(answer.thrown);
      return answer;
    } finally {
      clearTimeout(timer);
      this.#pending = undefined;
    }
  }

  #endedError(): WorkerError {
    const detail = this.#process.detail();
    const { exitCode, signal } = detail;
    if (this.#stuck) {
      const minutes = WATCHDOG_MS / 60_000;
      const message = `an inference process did not answer for ${minutes} minutes and was killed`;
      return new WorkerError('worker-stuck', message, { detail });
    }
    const how = typeof signal === 'string' ? signal : `exit code ${exitCode}`;
    return new WorkerError('worker-died', `an inference process ended unexpectedly (${how})`, {
      detail,
    });
  }
}
