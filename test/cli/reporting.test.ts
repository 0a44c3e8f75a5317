import { execFileSync } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { benches, colourVideo, jsonLines } from './support/room.ts';

vi.setConfig({ testTimeout: 240_000 });

const bench = benches((shared) =>
  colourVideo(path.join(shared, 'rgb.mp4'), ['red', 'green', 'blue'], 2).then(() => undefined),
);

/** True where util-linux's `script` can give a command a terminal (a bare chroot has none to give). */
function hasScript(): boolean {
  try {
    execFileSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.concurrent('--json', () => {
  test('events of each input, and one summary at the end', async () => {
    const { shared, at, caption } = await bench('events');
    await copyFile(path.join(shared, 'rgb.mp4'), at('a.mp4'));
    await writeFile(at('empty.mp4'), '');
    const { code, stdout, stderr } = await caption('a.mp4', 'empty.mp4', 'missing.mp4', '--json');
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    const events = jsonLines(stdout);
    expect(events.map(({ event }) => event).filter((event) => event !== 'progress')).toEqual([
      'end',
      'begin',
      'end',
      'begin',
      'end',
      'summary',
    ]);
    expect(events.find(({ event }) => event === 'begin')).toEqual({
      event: 'begin',
      video: 'a.mp4',
      position: 1,
      of: 2,
    });
    expect(events.find(({ event }) => event === 'progress')).toMatchObject({
      video: 'a.mp4',
      keyframes: 1,
      covered: 0,
      duration: 6,
    });
    expect(events.find(({ event, state }) => event === 'end' && state === 'done')).toMatchObject({
      video: 'a.mp4',
      keyframes: 3,
      cues: 3,
      duration: 6,
      outputs: [at('a.vtt')],
      problems: [],
    });
    expect(events.filter(({ state }) => state === 'failed').map(({ problems }) => problems)).toEqual([
      [{ code: 'missing-file', message: expect.stringContaining('"missing.mp4"') }],
      [{ code: 'empty-file', message: expect.stringContaining('"empty.mp4"') }],
    ]);
    expect(events.at(-1)).toMatchObject({
      event: 'summary',
      exitCode: 3,
      inputs: 3,
      done: 1,
      failed: 2,
      skipped: 0,
      keyframes: 3,
      cues: 3,
      duration: 6,
    });
    const again = jsonLines((await caption('a.mp4', '--json')).stdout);
    expect(again.map(({ event, state }) => [event, state])).toEqual([
      ['end', 'skipped'],
      ['summary', undefined],
    ]);
  });

  test('also of a run that could not be', async () => {
    const { shared, shell } = await bench('no bundle');
    const { code, stdout, stderr } = await shell(`$SG caption ${shared}/rgb.mp4 --model ./none --json`);
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([{ event: 'summary', exitCode: 1, problem: { code: 'bundle-missing' } }]);
    expect(stderr).toMatch(/^secondglance: There is no bundle/);
  });
});

describe.concurrent('stderr', () => {
  test('--quiet: nothing but failures', async () => {
    const { shared, caption } = await bench('quiet');
    expect(await caption(`${shared}/rgb.mp4`, '-o', 'x.vtt', '--quiet')).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    const { code, stderr } = await caption(`${shared}/rgb.mp4`, 'missing.mp4', '-o', 'y/', '--quiet');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^"missing\.mp4" does not exist.*\n$/);
  });

  test('no live line where it is no terminal', async () => {
    const { shared, caption } = await bench('no terminal');
    const { stderr } = await caption(`${shared}/rgb.mp4`, '-o', '-');
    expect(stderr).toMatch(/^rgb\.mp4: 3 keyframes, 3 cues in .*\n$/);
    expect(stderr).not.toContain('\u001b');
  });

  test.runIf(hasScript())('a live line on a terminal: frames, speed, time left', async () => {
    const { shared, shell } = await bench('terminal');
    const command = `$CAPTION ${shared}/rgb.mp4 --frames every:100ms -o x.vtt`;
    const terminal = (line: string) => shell(`env -u CI TERM=xterm script -qec "${line}" /dev/null`);
    const { code, stdout } = await terminal(`stty cols 120 rows 30; ${command}`);
    expect(code).toBe(0);
    expect(stdout).toContain('\u001b[');
    expect(stdout).toMatch(/rgb\.mp4: \d+ keyframes?, 0:0\d of 0:06, \d+\.\d times real time, 0:\d\d left/);
    // Without `stty` the terminal has no size.
    const { stdout: narrow } = await terminal(`${command} --force`);
    expect(narrow).toMatch(/^rgb\.mp4: 60 keyframes/);
    const { stdout: quiet } = await terminal(`stty cols 120 rows 30; ${command} --quiet --force`);
    expect(quiet).toBe('');
  });
});
