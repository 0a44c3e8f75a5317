import { expect, test } from 'vitest';
import {
  closingLine,
  failedInService,
  type InputSummary,
  problemOf,
  summarise,
  summaryLine,
} from '../../src/captioning/summary.ts';
import { progressLine } from '../../src/cli/reporters.ts';
import { IngestError } from '../../src/ingest/errors.ts';

function input(state: InputSummary['state'], more: Partial<InputSummary> = {}): InputSummary {
  return { video: 'a.mp4', state, keyframes: 0, cues: 0, seconds: 0, outputs: [], problems: [], ...more };
}

test.each([
  [['done', 'done'], 0],
  [['skipped'], 0],
  [['done', 'skipped'], 0],
  [['failed'], 1],
  [['failed', 'failed'], 1],
  [['done', 'failed'], 3],
  [['skipped', 'failed'], 3],
  [['partial'], 3],
  [['partial', 'failed'], 3],
  [['done', 'partial'], 3],
  [[], 0],
] as const)('%j exits with %d', (states, code) => {
  const inputs = states.map((state) => input(state));
  expect(summarise(inputs, 1).exitCode).toBe(code);
});

test('a run adds up its inputs', () => {
  const inputs = [
    input('done', { keyframes: 40, cues: 30, seconds: 4, duration: 60 }),
    input('partial', { keyframes: 1, cues: 1, seconds: 1 }),
    input('failed'),
    input('skipped'),
  ];
  const run = summarise(inputs, 5.00049);
  expect(run).toEqual({
    exitCode: 3,
    inputs: 4,
    done: 1,
    partial: 1,
    failed: 1,
    skipped: 1,
    keyframes: 41,
    cues: 31,
    seconds: 5,
    duration: 60,
  });
  expect(closingLine(run)).toBe(
    '4 inputs: 1 done, 1 partial, 1 failed, 1 up to date; 41 keyframes, 31 cues in 5.0 s, 12.0 times real time',
  );
});

test('one input is one line', () => {
  const done = input('done', { keyframes: 1, cues: 2, seconds: 12.34, duration: 61.7, outputs: ['a.vtt', 'a.srt'] });
  expect(summaryLine(done)).toBe('a.mp4: 1 keyframe, 2 cues in 12.3 s, 5.0 times real time -> a.vtt, a.srt');
  expect(summaryLine(input('partial', { keyframes: 2, cues: 1, seconds: 1 }))).toBe(
    'a.mp4: 2 keyframes, 1 cue in 1.0 s (partial)',
  );
  expect(summaryLine(input('done', { keyframes: 9, cues: 4, unsure: 1, seconds: 1 }))).toBe(
    'a.mp4: 9 keyframes, 4 cues (left out: 1 below the minimum confidence) in 1.0 s',
  );
  expect(summaryLine(input('done', { keyframes: 9, cues: 4, reused: 8, seconds: 1 }))).toBe(
    'a.mp4: 9 keyframes (8 captions of an earlier run reused), 4 cues in 1.0 s',
  );
  expect(summarise([input('done', { reused: 8 }), input('done', { reused: 1 })], 1)).toMatchObject({ reused: 9 });
  const all = { unsure: 1, blank: 2, unplaced: 3, tooShort: 4 };
  expect(summaryLine(input('done', { keyframes: 12, cues: 2, ...all, seconds: 1 }))).toBe(
    'a.mp4: 12 keyframes, 2 cues (left out: 1 below the minimum confidence, 2 with nothing visible, 3 without enough time to be spoken, 4 whose scene is too short to read them) in 1.0 s',
  );
  const run = summarise([input('done', { cues: 2, ...all }), input('done', { cues: 1, blank: 1 })], 1);
  expect(run).toMatchObject({ unsure: 1, blank: 3, unplaced: 3, tooShort: 4 });
  expect(closingLine(run)).toContain('3 cues (left out: 1 below the minimum confidence, 3 with nothing visible,');
  expect(summarise([input('done', {})], 1)).not.toHaveProperty('blank');
  expect(summaryLine(input('done', { cues: 2, track: 'a.de.srt', seconds: 0.31, outputs: ['a.mkv'] }))).toBe(
    'a.mp4: 2 cues of a.de.srt in 0.3 s -> a.mkv',
  );
});

test('progress: frames, place, speed, time left', () => {
  const progress = { keyframes: 12, covered: 64_000_000, duration: 190_000_000 };
  expect(progressLine(progress, 8)).toBe('12 keyframes, 1:04 of 3:10, 8.0 times real time, 0:16 left');
  expect(progressLine({ keyframes: 1, covered: 0 }, 1)).toBe('1 keyframe, 0:00');
  expect(progressLine({ keyframes: 2, covered: 3_725_000_000 }, 3725)).toBe(
    '2 keyframes, 1:02:05, 1.0 times real time',
  );
  // A video that turns out longer than it claimed is not done in less than no time.
  expect(progressLine({ keyframes: 3, covered: 20_000_000, duration: 10_000_000 }, 10)).toMatch(/0:00 left$/);
});

test('a problem keeps what was tried for --verbose', () => {
  const error = new IngestError('decode-failed', 'No.', {
    detail: { command: 'ffmpeg -i x', exitCode: 1, signal: null, stderr: ['oh'], pts: 1_500_000 },
  });
  expect(problemOf(error, false)).toEqual({ code: 'decode-failed', message: 'No.' });
  const { detail = [] } = problemOf(error, true);
  expect(detail.slice(0, 4)).toEqual([
    'command: ffmpeg -i x',
    'ended with: exit code 1, signal none',
    "at: 1.500 s of the source's clock",
    '| oh',
  ]);
  expect(detail[4]).toMatch(/^at .*summary\.unit\.test\.ts/);
  expect(problemOf(new Error('what?'), false)).toEqual({
    code: 'unexpected',
    message: 'what?',
    detail: [expect.stringContaining('--verbose')],
  });
});

test('a failure in a service tells no stack and no secret, whatever it is', () => {
  const known = new IngestError('http-status', 'The server answered 404 for "http://ann:x@a.example/v?token=abc".', {
    detail: { command: 'ffmpeg -i http://ann:x@a.example/v', exitCode: 1, stderr: ['sig=1 ?token=abc'] },
  });
  for (const error of [known, new Error('http://ann:x@a.example'), 'text']) {
    const text = JSON.stringify(failedInService('a.mp4', error));
    expect(text).not.toMatch(/ at |ann:x|abc/);
  }
  expect(failedInService('a.mp4', known).problems[0]?.detail).toHaveLength(3);
  expect(failedInService('a.mp4', new Error('odd')).problems[0]?.detail).toEqual([
    'This error was not expected; the log of the service says more with SECONDGLANCE_LOG_LEVEL=debug.',
  ]);
});
