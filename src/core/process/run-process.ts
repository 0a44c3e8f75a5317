import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import type { FailureDetail } from '../errors.ts';
import { commandLine } from '../text/shell-word.ts';
import { deathSignalPrefix } from './die-with-parent.ts';
import { memoryLimitPrefix } from './memory-limit.ts';

/** How many of the last stderr lines are kept for messages. */
const KEPT_LINES = 20;
/** Time between SIGTERM and SIGKILL. Our children have nothing to save. */
export const TERM_GRACE_MS = 1000;

/** A program to run. */
export interface ProcessRequest {
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Added to this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** True: the caller writes to its stdin. By default stdin is empty. */
  readonly writes?: boolean;
  /** Its working directory. Default: ours. */
  readonly folder?: string;
  /** Ends the process. */
  readonly signal?: AbortSignal;
  /** Called for each line of stderr. Return false for a line that is data, so that it is not kept for messages. */
  readonly onStderrLine?: (line: string) => boolean;
}

/** A running process. */
export interface RunningProcess {
  /** Read by the caller, whose pace is the process's pace. */
  readonly stdout: Readable;
  /** Null where the caller does not write. */
  readonly stdin: Writable | null;
  /** Resolves when the process has ended and its pipes are closed; never rejects. */
  readonly ended: Promise<void>;
  /** Command, exit code, signal and last stderr lines, as far as they are known yet. */
  detail(): FailureDetail;
  /** What went wrong, for an error's `cause`; undefined while it runs, and where it ended with exit code 0. */
  cause(): Error | undefined;
  /** SIGTERM, then SIGKILL; resolves when the process has ended. Does nothing when it has ended already. */
  stop(): Promise<void>;
  /** SIGKILL at once, for a process that hangs. */
  kill(): Promise<void>;
}

/** Keeps the last lines of a stderr. */
export class LineTail {
  readonly #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }

  get lines(): string[] {
    return [...this.#lines];
  }
}

const wrappers = new Map<string, Promise<readonly string[]>>();

/** What every program is started through, by PATH. */
function wrapperOf(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const key = env.PATH ?? '';
  const known =
    wrappers.get(key) ??
    Promise.all([memoryLimitPrefix(env), deathSignalPrefix(env)]).then((prefixes) => prefixes.flat());
  wrappers.set(key, known);
  return known;
}

/** Starts a program that ends with this process. One that cannot be started ends at once, with the reason as its last stderr line. */
export async function startProcess(request: ProcessRequest): Promise<RunningProcess> {
  const { args, env = {}, folder, writes = false, signal, onStderrLine } = request;
  const program = folder === undefined ? request.program : path.resolve(request.program);
  const [file = program, ...words] = [...(await wrapperOf(process.env)), program, ...args];
  const child = execa(file, words, {
    env,
    ...(folder === undefined ? {} : { cwd: folder }),
    reject: false,
    buffer: false,
    encoding: 'buffer',
    stdin: writes ? 'pipe' : 'ignore',
    forceKillAfterDelay: TERM_GRACE_MS,
    windowsHide: true,
  });
  // Without `buffer`, execa resumes (and so discards) a stream that has no reader yet, unless it is paused.
  child.stdout.pause();
  const tail = new LineTail();
  const lines = createInterface({ input: child.stderr, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    if (onStderrLine?.(line) ?? true) tail.add(line);
  });
  const stderrRead = new Promise<void>((resolve) => lines.once('close', resolve));
  let result: Awaited<typeof child> | undefined;
  const finished = child.then((ended) => {
    result = ended;
    // It never ran: there is no stderr to wait for.
    if (child.pid === undefined) {
      tail.add(ended.originalMessage ?? ended.message ?? 'The process could not be started');
      lines.close();
    }
  });
  const ended = Promise.all([finished, stderrRead]).then(() => signal?.removeEventListener('abort', onAbort));
  const end = async (by: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (result !== undefined) return;
    // A pipe that is full and not read never closes.
    child.stdout.destroy();
    child.kill(by);
    // The program behind a wrapper script may live on and keep stderr open; its messages are not waited for.
    const timer = setTimeout(
      () => {
        child.stderr.destroy();
        lines.close();
      },
      by === 'SIGTERM' ? TERM_GRACE_MS : 0,
    );
    await ended;
    clearTimeout(timer);
  };
  const onAbort = (): void => void end('SIGTERM');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    stdout: child.stdout,
    stdin: child.stdin,
    ended,
    detail: () => ({
      command: commandLine(program, args),
      exitCode: result?.exitCode ?? null,
      signal: result?.signal ?? null,
      stderr: tail.lines,
    }),
    cause: () => (result instanceof Error ? result : undefined),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** What a short program printed, and how it ended. */
export interface ProcessOutput {
  readonly stdout: string;
  readonly detail: FailureDetail;
  readonly cause: Error | undefined;
  /** True where the time limit ended it. */
  readonly timedOut: boolean;
}

/** Runs a short program to its end and collects its stdout; the signal and the time limit end it. Never rejects. */
export async function runProcess(request: ProcessRequest, timeoutMs: number): Promise<ProcessOutput> {
  const running = await startProcess(request);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void running.stop();
  }, timeoutMs);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of running.stdout) chunks.push(chunk as Buffer);
  } catch {
    // `stop` closed the pipe; the caller sees `timedOut`, the abort or the exit code.
  }
  await running.ended;
  clearTimeout(timer);
  return { stdout: Buffer.concat(chunks).toString('utf8'), detail: running.detail(), cause: running.cause(), timedOut };
}
