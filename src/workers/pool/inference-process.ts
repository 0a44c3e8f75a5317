import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FailureDetail } from '../../core/errors.ts';
import type { Caption, Group } from '../../core/types.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { OperatorPlacement } from '../bundle/verify-provider.ts';
import type { CaptionOptions } from '../captioner.ts';
import { WorkerError } from '../errors.ts';
import { type Answer, type Request, unpackError } from './messages.ts';

/** How many of the last stderr lines are kept for messages. */
const KEPT_LINES = 20;
/** How long after its end a process's last stderr lines are waited for. */
const LAST_WORDS_MS = 250;
/** Time between SIGTERM and SIGKILL. */
const TERM_GRACE_MS = 1000;
/** An answer that takes longer than this never comes: far above what the slowest machine needs for loading a bundle or for a group. */
const WATCHDOG_MS = 10 * 60_000;

/** child.js beside this file when built; child.ts, loaded through tsx, when run from the sources. */
const SOURCE = import.meta.url.endsWith('.ts');
const ENTRY = fileURLToPath(new URL(SOURCE ? './child.ts' : './child.js', import.meta.url));
const EXEC_ARGV = SOURCE ? ['--import', import.meta.resolve('tsx')] : [];

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WorkerError) => void;
}

/** One child process with a bundle in it. It takes one group at a time. */
export class InferenceProcess {
  /** Resolves when the process is gone; never rejects. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #watchdogMs: number;
  readonly #stderr: string[] = [];
  /** How it ended; undefined while it runs. */
  #end: { readonly code: number | null; readonly signal: string | null } | undefined;
  #stuck = false;
  #waiting: Pending | undefined;

  /** Starts the process; {@link InferenceProcess.open} must follow. */
  constructor(watchdogMs = WATCHDOG_MS) {
    this.#watchdogMs = watchdogMs;
    this.#child = fork(ENTRY, {
      execArgv: EXEC_ARGV,
      serialization: 'advanced',
      // Its stdout must never mix with a track that goes to ours.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const { stderr } = this.#child;
    if (stderr !== null) {
      createInterface({ input: stderr }).on('line', (line) => {
        this.#stderr.push(line);
        if (this.#stderr.length > KEPT_LINES) this.#stderr.shift();
      });
    }
    this.#child.on('message', (answer: Answer) => this.#waiting?.resolve(answer));
    this.ended = new Promise((resolve) => {
      const over = (code: number | null, signal: string | null) => {
        this.#end ??= { code, signal };
        this.#waiting?.reject(this.#died());
        resolve();
      };
      this.#child.on('error', (error) => {
        this.#stderr.push(error.message);
        if (this.#child.pid === undefined) over(null, null);
      });
      this.#child.on('exit', (code, signal) => {
        this.#end = { code, signal };
        const timer = setTimeout(() => over(code, signal), LAST_WORDS_MS);
        this.#child.once('close', () => {
          clearTimeout(timer);
          over(code, signal);
        });
      });
    });
  }

  /** Undefined where it could not even be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False once it has ended, for whatever reason. */
  get alive(): boolean {
    return this.#end === undefined;
  }

  /**
   * Loads a bundle into the process.
   * @throws BundleError as the process found it; WorkerError `worker-start` where the process ended or did not answer
   */
  async open({ folder, provider, model }: Bundle): Promise<void> {
    try {
      await this.#ask({ type: 'open', folder, provider, sha256: model.sha256 });
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
   * @throws WorkerError `worker-died`, `worker-stuck` (both: the process is gone), `inference-failed`, `picture-size`
   */
  async caption(group: Group, options: CaptionOptions): Promise<Caption[]> {
    const answer = await this.#ask({ type: 'caption', group, options });
    return answer.type === 'captions' ? answer.captions : [];
  }

  /**
   * Runs a bundle once and says which of onnxruntime's execution providers ran its operators, see `prove.ts`. No
   * {@link InferenceProcess.open} is needed before.
   * @throws BundleError as the process found it; WorkerError `worker-died`, `worker-stuck`, `inference-failed`
   */
  async prove({ folder, provider }: Bundle): Promise<OperatorPlacement> {
    const answer = await this.#ask({ type: 'prove', folder, provider });
    return answer.type === 'proof' ? answer.operators : {};
  }

  /** SIGTERM, then SIGKILL; resolves when the process is gone. Harmless when it is gone already. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), TERM_GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** SIGKILL. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #ask(request: Request): Promise<Answer> {
    if (!this.alive) throw this.#died();
    const timer = setTimeout(() => {
      this.#stuck = true;
      this.kill();
    }, this.#watchdogMs);
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        // A message that cannot be sent means that the process is ending, and its end settles this promise.
        this.#child.send(request, () => undefined);
      });
      if (answer.type === 'failed') throw unpackError(answer.thrown);
      return answer;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  #died(): WorkerError {
    const { code = null, signal = null } = this.#end ?? {};
    const detail: FailureDetail = { exitCode: code, signal, stderr: [...this.#stderr] };
    if (this.#stuck) {
      const minutes = this.#watchdogMs / 60_000;
      return new WorkerError(
        'worker-stuck',
        `an inference process gave no answer for ${minutes} minutes and was killed`,
        {
          detail,
        },
      );
    }
    const how = signal === null ? `exit code ${code}` : signal;
    return new WorkerError('worker-died', `an inference process ended unexpectedly (${how})`, {
      detail,
    });
  }
}
