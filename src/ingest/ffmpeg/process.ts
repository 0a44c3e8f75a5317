import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { FailureDetail } from '../../core/errors.ts';

/** How many of the last stderr lines are kept for messages. */
const KEPT_LINES = 20;
/** Time between SIGTERM and SIGKILL. ffmpeg has nothing to save here, so it gets little. */
const TERM_GRACE_MS = 1000;

/** What to start, and who hears its stderr. */
export interface ToolRequest {
  /** Put before the program: the guard that kills it when this process dies (see `ffmpeg.ts`). */
  readonly guard: readonly string[];
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Called for each line of stderr. Answer false for a line that is data, so that it is not kept for messages. */
  readonly onLine?: (line: string) => boolean;
}

/** A process that runs. Its stdin is empty; its stdout is read by the caller, and paces it. */
export interface RunningTool {
  readonly pid: number | undefined;
  readonly stdout: Readable;
  /** The command as one would type it. */
  readonly command: string;
  /** Resolves when the process has ended and both its pipes are closed; never rejects. */
  readonly ended: Promise<void>;
  /** Command, exit code, signal and last stderr lines, as far as they are known by now. */
  detail(): FailureDetail;
  /** SIGTERM, then SIGKILL; resolves when the process is gone. Harmless when it is gone already. */
  stop(): Promise<void>;
  /** SIGKILL at once, for a process that hangs. */
  kill(): Promise<void>;
}

/** Starts a program. A program that cannot be started ends at once, with the reason as its last stderr line. */
export function startTool(request: ToolRequest): RunningTool {
  const [program = request.program, ...rest] = [...request.guard, request.program, ...request.args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const kept: string[] = [];
  const keep = (line: string): void => {
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
  };
  const lines = createInterface({ input: child.stderr, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    if (request.onLine?.(line) ?? true) keep(line);
  });
  // The interface closes when stderr has ended and its last line has been heard.
  const heard = new Promise<void>((resolve) => lines.once('close', resolve));
  let exitCode: number | null = null;
  let signal: string | null = null;
  let gone = false;
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      keep(error.message);
      if (child.pid === undefined) {
        gone = true;
        lines.close();
        resolve();
      }
    });
    child.once('close', (code, by) => {
      exitCode = code;
      signal = by;
      gone = true;
      resolve();
    });
  });
  const ended = Promise.all([closed, heard]).then(() => undefined);
  const end = async (graceMs: number): Promise<void> => {
    if (!gone) {
      // An unread pipe never closes, so the rest of the output goes nowhere.
      child.stdout.destroy();
      if (graceMs > 0) child.kill('SIGTERM');
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        // An ffmpeg behind a wrapper script may live on; its messages are not waited for.
        child.stderr.destroy();
        lines.close();
      }, graceMs);
      await ended;
      clearTimeout(timer);
    }
  };
  return {
    pid: child.pid,
    stdout: child.stdout,
    command: commandLine(request.program, request.args),
    ended,
    detail: () => ({
      command: commandLine(request.program, request.args),
      exitCode,
      signal,
      stderr: [...kept],
    }),
    stop: () => end(TERM_GRACE_MS),
    kill: () => end(0),
  };
}

/** A command as one would type it into a POSIX shell. */
export function commandLine(program: string, args: readonly string[]): string {
  return [program, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/** What a short program wrote, and how it ended. */
export interface ToolOutput {
  readonly stdout: string;
  readonly detail: FailureDetail;
  /** True where the time limit, not the program, ended it. */
  readonly timedOut: boolean;
}

/** Runs a short program to its end and collects its stdout; an abort or the time limit kills it. */
export async function runTool(
  request: ToolRequest,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<ToolOutput> {
  const tool = startTool(request);
  let timedOut = false;
  const stop = (): void => void tool.stop();
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, options.timeoutMs);
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of tool.stdout) chunks.push(chunk as Buffer);
  } catch {
    // The pipe was closed by `stop`; the caller sees `timedOut`, the abort or the exit code.
  } finally {
    await tool.ended;
    clearTimeout(timer);
    options.signal.removeEventListener('abort', stop);
  }
  return { stdout: Buffer.concat(chunks).toString('utf8'), detail: tool.detail(), timedOut };
}
