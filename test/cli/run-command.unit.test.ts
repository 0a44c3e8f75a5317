import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type CommandAction, guardProcess, runCommand } from '../../src/cli/run-command.ts';
import { SecondGlanceError } from '../../src/core/errors.ts';
import { UsageError } from '../../src/core/failures.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
type Listener = (...args: unknown[]) => void;

let codes: (string | number | null | undefined)[];
let written: string;
/** What listened before the test: the test runner's own. */
let before: Map<string, readonly unknown[]>;

const listeners = (name: string): Listener[] =>
  (process.listeners(name as NodeJS.Signals) as Listener[]).filter((each) => !before.get(name)?.includes(each));

/** Calls what a command has put up for a signal, and nothing else. */
function send(name: (typeof SIGNALS)[number]): void {
  for (const listener of listeners(name)) listener(name);
}

beforeEach(() => {
  // Compiled code is kept for the program, not for its tests.
  vi.stubEnv('NODE_COMPILE_CACHE', '');
  codes = [];
  written = '';
  before = new Map([...SIGNALS, 'uncaughtException'].map((name) => [name, process.listeners(name as NodeJS.Signals)]));
  vi.spyOn(process, 'exit').mockImplementation(((code?: number) => {
    codes.push(code);
  }) as typeof process.exit);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(() => {
  for (const name of before.keys()) for (const each of listeners(name)) process.off(name, each);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** The exit code of a command; its resources note when they are closed. */
async function run(action: CommandAction, closed: string[] = []): Promise<unknown> {
  await runCommand((context) => {
    for (const name of ['first', 'second']) context.resources.defer(async () => void closed.push(name));
    return action(context) as Promise<undefined>;
  });
  return codes.at(-1);
}

test('the exit code is what the action returns, 0 for nothing; resources close in reverse order', async () => {
  const closed: string[] = [];
  expect(await run(async () => 3, closed)).toBe(3);
  expect(closed).toEqual(['second', 'first']);
  expect(await run(async () => undefined)).toBe(0);
  expect(written).toBe('');
});

test('wrong usage is 2, another failure 1, each in one sentence; resources close all the same', async () => {
  const closed: string[] = [];
  expect(await run(() => Promise.reject<number>(new UsageError('name a file')), closed)).toBe(2);
  const missing = new SecondGlanceError('missing-file', '"a.mp4" does not exist');
  expect(await run(() => Promise.reject<number>(missing), closed)).toBe(1);
  expect(written).toBe('secondglance: name a file\nsecondglance: "a.mp4" does not exist\n');
  expect(closed).toEqual(['second', 'first', 'second', 'first']);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s aborts the command, and decides its exit code unless the command does', async (name, code) => {
  const interrupted =
    (end: (signal: AbortSignal) => number | undefined): CommandAction =>
    async ({ interruptible }) => {
      const signal = interruptible();
      send(name);
      expect(signal.aborted).toBe(true);
      return end(signal);
    };
  expect(await run(interrupted(() => undefined))).toBe(code);
  expect(
    await run(
      interrupted((signal) => {
        throw signal.reason;
      }),
    ),
  ).toBe(code);
  // A service that was told to stop, and did.
  expect(await run(interrupted(() => 0))).toBe(0);
  expect(written).toBe('');
});

test('a second signal ends the process at once', async () => {
  await run(async ({ interruptible }) => {
    interruptible();
    send('SIGINT');
    expect(codes).toEqual([]);
    send('SIGTERM');
    expect(codes).toEqual([143]);
    return undefined;
  });
});

test('a command that is not interruptible leaves signals to the system', async () => {
  await run(async () => {
    for (const name of SIGNALS) expect(listeners(name)).toEqual([]);
    return undefined;
  });
});

test('a stdout that a reader closed ends the command without a word, one that is full with a sentence', async () => {
  const known = process.stdout.listeners('error');
  try {
    guardProcess();
    const lose =
      (code: string): CommandAction =>
      async ({ interruptible }) => {
        const signal = interruptible();
        process.stdout.emit('error', Object.assign(new Error(code), { code }));
        signal.throwIfAborted();
      };
    expect(await run(lose('EPIPE'))).toBe(0);
    expect(written).toBe('');
    expect(await run(lose('ENOSPC'))).toBe(1);
    expect(written).toMatch(/^secondglance: cannot write to standard output: the disk is full/);
  } finally {
    for (const each of process.stdout.listeners('error') as Listener[]) {
      if (!known.includes(each)) process.stdout.off('error', each);
    }
  }
});
