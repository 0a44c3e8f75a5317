import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { humanReporter } from '../../src/cli/reporters.ts';

let printed: string[];
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('process', { ...process, stderr: { write: (text: string) => printed.push(text) } });
  printed = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const RUN = { exitCode: 0, inputs: 1, done: 1, partial: 0, failed: 0, skipped: 0, keyframes: 1, cues: 1 };

test('without a terminal: a line every ten seconds, with the phase until the first caption', async () => {
  const reporter = await humanReporter({ quiet: false });
  reporter.phase('starting');
  reporter.begin('film.mp4', 1, 1);
  reporter.phase('probing');
  vi.advanceTimersByTime(9_999);
  expect(printed).toEqual([]);
  vi.advanceTimersByTime(1);
  reporter.phase('loading the model');
  vi.advanceTimersByTime(10_000);
  reporter.progress('film.mp4', { keyframes: 3, covered: 4e6, duration: 8e6 });
  // The second process is ready only now.
  reporter.phase('captioning');
  vi.advanceTimersByTime(10_000);
  expect(printed).toEqual([
    'film.mp4: probing\n',
    'film.mp4: loading the model\n',
    'film.mp4: 3 keyframes, 0:04 of 0:08, 0.2 times real time, 0:20 left\n',
  ]);
  reporter.close({ ...RUN, seconds: 30, duration: 8 });
  vi.advanceTimersByTime(60_000);
  expect(printed).toHaveLength(3);
});

test.each([{ quiet: true }, { quiet: false, progressLines: false }])('no lines with %o', async (options) => {
  const reporter = await humanReporter(options);
  reporter.begin('film.mp4', 1, 1);
  vi.advanceTimersByTime(60_000);
  expect(printed).toEqual([]);
});

test('what a terminal would obey, and what looks like another line, is shown: in lines of progress and at the end', async () => {
  const reporter = await humanReporter({ quiet: false });
  const name = 'a\x1b[2J\nall done.mp4';
  reporter.begin(name, 1, 1);
  vi.advanceTimersByTime(10_000);
  reporter.end({ video: name, state: 'skipped', outputs: [name], problems: [], keyframes: 0, cues: 0, seconds: 0 });
  reporter.close({ ...RUN, seconds: 30, duration: 8 });
  const shown = 'a\\x1b[2J\\nall done.mp4';
  expect(printed).toEqual([`${shown}\n`, `${shown}: up to date (${shown})\n`]);
});
