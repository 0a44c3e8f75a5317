import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { childMemoryLimit } from '../../../src/core/process/memory-limit.ts';
import { runProcess, startProcess } from '../../../src/core/process/run-process.ts';

const LONG_MS = 60_000;

/** A program of the shell. */
const shell = (script: string) => ({ program: '/bin/sh', args: ['-c', script] });

describe('runProcess', () => {
  test('collects stdout; stderr is in the detail', async () => {
    const output = await runProcess(shell('echo out; echo "what happened" >&2'), LONG_MS);
    expect(output).toEqual({
      stdout: 'out\n',
      timedOut: false,
      cause: undefined,
      detail: {
        command: `/bin/sh -c 'echo out; echo "what happened" >&2'`,
        exitCode: 0,
        signal: null,
        stderr: ['what happened'],
      },
    });
  });

  test.runIf(process.platform === 'linux')('a program may not take more than its share of memory', async () => {
    const { stdout } = await runProcess(shell('grep "data size" /proc/self/limits'), LONG_MS);
    expect(stdout.split(/\s{2,}/)[1]).toBe(String(childMemoryLimit()));
  });

  test('a failure has its exit code, the last 20 lines of stderr, and a cause', async () => {
    const { detail, cause } = await runProcess(shell('seq 1 30 >&2; exit 3'), LONG_MS);
    expect(detail).toMatchObject({ exitCode: 3, signal: null });
    expect(detail.stderr).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 11)));
    expect(cause).toBeInstanceOf(Error);
  });

  test('a process that was killed has the signal', async () => {
    expect((await runProcess(shell('kill -KILL $$'), LONG_MS)).detail).toMatchObject({
      exitCode: null,
      signal: 'SIGKILL',
    });
  });

  test('the time limit ends it, and kills it where SIGTERM does not', async () => {
    const { timedOut, detail } = await runProcess(shell('trap "" TERM; while :; do sleep 1; done'), 1000);
    expect(timedOut).toBe(true);
    expect(detail.signal).toBe('SIGKILL');
  });

  test('an abort ends it, also one from before the start', async () => {
    const controller = new AbortController();
    const running = runProcess({ ...shell('exec sleep 600'), signal: controller.signal }, LONG_MS);
    controller.abort();
    expect((await running).detail.signal).toBe('SIGTERM');
    expect((await runProcess({ ...shell('exec sleep 600'), signal: controller.signal }, LONG_MS)).timedOut).toBe(false);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('a program that is not there is an output like any other', async () => {
    const { detail, stdout } = await runProcess({ program: '/no/such/program', args: [] }, LONG_MS);
    expect(stdout).toBe('');
    expect(detail.exitCode).not.toBe(0);
    expect(detail.stderr?.join()).toMatch(/no\/such\/program/);
  });

  test('undefined removes a variable from the environment', async () => {
    const env = { SG_ADDED: 'yes', HOME: undefined };
    expect((await runProcess({ ...shell('echo "$SG_ADDED $HOME"'), env }, LONG_MS)).stdout).toBe('yes \n');
  });
});

describe('startProcess', () => {
  test('waits for its reader: output that nobody reads yet is not lost', async () => {
    const running = await startProcess(shell('head -c 1000000 /dev/zero'));
    // execa lets unread streams flow in the next turn of the event loop.
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    let bytes = 0;
    for await (const chunk of running.stdout) bytes += chunk.length;
    await running.ended;
    expect(bytes).toBe(1_000_000);
    expect(running.detail().exitCode).toBe(0);
  });

  test('lines that are data are not kept', async () => {
    const heard: string[] = [];
    const running = await startProcess({
      ...shell('echo data >&2; echo message >&2'),
      onStderrLine: (line) => {
        heard.push(line);
        return line !== 'data';
      },
    });
    running.stdout.resume();
    await running.ended;
    expect(heard).toEqual(['data', 'message']);
    expect(running.detail().stderr).toEqual(['message']);
  });

  test('stop does not wait for a program that a wrapper leaves behind', async () => {
    const running = await startProcess(shell('trap "exit 0" TERM; sleep 5 & wait'));
    const began = performance.now();
    await running.stop();
    expect(performance.now() - began).toBeLessThan(4000);
    await running.stop();
  });
});
