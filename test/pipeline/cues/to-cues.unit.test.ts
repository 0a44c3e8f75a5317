import { Subject } from 'rxjs';
import { expect, test } from 'vitest';
import type { Caption, Cue } from '../../../src/core/types.ts';
import type { DroppedText } from '../../../src/pipeline/cues/fit-gaps.ts';
import { DEFAULT_RULES } from '../../../src/pipeline/cues/rules.ts';
import { MAX_KEYFRAMES_PER_CUE, toCues } from '../../../src/pipeline/cues/to-cues.ts';
import { readCaptions } from '../../../src/pipeline/screen-text/read-captions.ts';
import { TextPieces } from '../../../src/pipeline/screen-text/text-pieces.ts';
import { captions, cuesOf, line, seconds } from '../support/captions.ts';

async function lines(...request: Parameters<typeof cuesOf>): Promise<string[]> {
  return (await cuesOf(...request)).map(line);
}

test('a cue lasts until the next, the last until the end of the video', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 4, text: 'A cat' },
    { at: 9.5, text: 'A cow' },
  ];
  expect(await lines(plans, 12)).toEqual(['0-4 A dog [0]', '4-9.5 A cat [1]', '9.5-12 A cow [2]']);
});

test('times count from the zero of the track, and what lies before it counts as at zero', async () => {
  const plans = [
    { at: 1.4, text: 'A dog' },
    { at: 5.5, text: 'A cat' },
  ];
  expect(await lines(plans, 8.5, { zero: 1.5 })).toEqual(['0-4 A dog [0]', '4-7 A cat [1]']);
});

test('a caption that ended before the zero of the track is not shown', async () => {
  const plans = [
    { at: 1, text: 'A dog' },
    { at: 1.4, text: 'A cat' },
    { at: 5, text: 'A cow' },
  ];
  expect(await lines(plans, 9, { zero: 1.5 })).toEqual(['0-3.5 A cat [1]', '3.5-7.5 A cow [2]']);
});

test('no caption gives no cue', async () => {
  expect(await lines([], 10)).toEqual([]);
});

test('consecutive captions with the same text become one cue, regardless of case and spaces', async () => {
  const plans = [
    { at: 0, text: 'A dog  runs' },
    { at: 3, text: 'a Dog runs ', confidence: 0.4 },
    { at: 6, text: 'A cat' },
    { at: 8, text: 'a dog runs' },
  ];
  expect(await lines(plans, 10)).toEqual(['0-6 A dog runs [0,1]', '6-8 A cat [2]', '8-10 a dog runs [3]']);
});

test('a cue lasts at most ten seconds after its last keyframe', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 30, text: 'A dog' },
    { at: 35, text: 'A dog' },
  ];
  expect(await lines(plans, 60)).toEqual(['0-10 A dog [0]', '30-45 A dog [1,2]']);
});

test('a gap shorter than the minimum is closed', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 10.9, text: 'A cat' },
    { at: 22, text: 'A cow' },
  ];
  expect(await lines(plans, 24)).toEqual(['0-10.9 A dog [0]', '10.9-20.9 A cat [1]', '22-24 A cow [2]']);
});

test('captions that failed, are empty or unsure leave a gap', async () => {
  const error = { code: 'group-failed', message: 'the model failed' };
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 2, text: '', confidence: 0, error },
    { at: 4, text: 'A cat' },
    { at: 6, text: ' ' },
    { at: 8, text: 'A cow' },
    { at: 10, text: 'A rat', confidence: 0.1 },
    { at: 12, text: 'A cow', still: true },
  ];
  expect(await lines(plans, 14, { rules: { minConfidence: 0.3 } })).toEqual([
    '0-2 A dog [0]',
    '4-6 A cat [2]',
    '8-10 A cow [4]',
    '12-14 A cow [6]',
  ]);
});

test('a caption with exactly the minimum confidence is shown', async () => {
  const plans = [{ at: 0, text: 'A dog', confidence: 0.3 }];
  expect(await lines(plans, 5, { rules: { minConfidence: 0.3 } })).toEqual(['0-5 A dog [0]']);
  expect(await lines(plans, 5, { rules: { minConfidence: 0.3001 } })).toEqual([]);
});

test('a video of a few milliseconds keeps a long text in one cue', async () => {
  const cues = await cuesOf([{ at: 0, text: 'number '.repeat(30) }], 0.0025);
  expect(cues).toMatchObject([{ start: 0, end: 2500 }]);
  expect(cues[0]?.text.replaceAll('\n', ' ')).toBe('number '.repeat(30).trim());
});

test('in a still scene the more confident of two similar wordings stays', async () => {
  const plans = [
    { at: 0, text: 'A man in a red shirt rides a bike', confidence: 0.5 },
    { at: 10, text: 'A man in a blue shirt rides a bike', confidence: 0.7, still: true },
    { at: 20, text: 'A man in a red shirt rides a bike', confidence: 0.6, still: true },
  ];
  expect(await lines(plans, 25)).toEqual(['0-25 A man in a blue shirt rides a bike [0,1,2]']);
});

test('where the scene changed, similar wordings stay separate', async () => {
  const plans = [
    { at: 0, text: 'A man in a red shirt rides a bike' },
    { at: 5, text: 'A man in a blue shirt rides a bike' },
  ];
  expect(await lines(plans, 8)).toEqual([
    '0-5 A man in a red shirt rides a bike [0]',
    '5-8 A man in a blue shirt rides a bike [1]',
  ]);
});

test('in a still scene a single outlier between two similar captions is dropped', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 10, text: 'An empty street at night', still: true, confidence: 0.9 },
    { at: 20, text: 'A dog', still: true },
    { at: 30, text: 'An empty street at night', still: true },
    { at: 40, text: 'A dog', still: true },
  ];
  expect(await lines(plans, 45)).toEqual(['0-45 A dog [0,1,2,3,4]']);
});

test('in a still scene a new text that persists is shown', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 10, text: 'An empty street', still: true },
    { at: 20, text: 'An empty street', still: true },
    { at: 30, text: 'Two men talking', still: true },
  ];
  expect(await lines(plans, 32)).toEqual([
    '0-10 A dog [0]',
    '10-30 An empty street [1,2]',
    '30-32 Two men talking [3]',
  ]);
});

test('an outlier is kept when the scene changes back', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 5, text: 'An empty street', still: true },
    { at: 8, text: 'A dog' },
  ];
  expect(await lines(plans, 10)).toEqual(['0-5 A dog [0]', '5-8 An empty street [1]', '8-10 A dog [2]']);
});

test('a cue that follows too soon waits until the one before has had its minimum', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 0.4, text: 'A cat' },
    { at: 5, text: 'A cow' },
  ];
  expect(await lines(plans, 8)).toEqual(['0-1 A dog [0]', '1-5 A cat [1]', '5-8 A cow [2]']);
});

test('a chain of quick cuts is shown as long as each scene lasts until its cue starts', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 0.7, text: 'A cat' },
    { at: 1.5, text: 'A cow' },
    { at: 2.5, text: 'A rat' },
    { at: 9, text: 'A hen' },
  ];
  expect(await lines(plans, 12)).toEqual([
    '0-1 A dog [0]',
    '1-2 A cat [1]',
    '2-3 A cow [2]',
    '3-9 A rat [3]',
    '9-12 A hen [4]',
  ]);
});

test('a caption whose scene ends before its cue could start is dropped, and the next one is not late', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 0.3, text: 'A cat' },
    { at: 0.6, text: 'A cow' },
    { at: 5, text: 'A rat' },
  ];
  const dropped: DroppedText[] = [];
  expect(await lines(plans, 8, { onDropped: (one) => dropped.push(one) })).toEqual([
    '0-1 A dog [0,1]',
    '1-5 A cow [2]',
    '5-8 A rat [3]',
  ]);
  expect(dropped).toEqual([{ reason: 'too-short', start: 300_000, end: 600_000, text: 'A cat' }]);
});

test('two equal captions around a dropped one become one cue', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 0.3, text: 'A cat' },
    { at: 0.6, text: 'A dog' },
    { at: 5, text: 'A rat' },
  ];
  expect(await lines(plans, 8)).toEqual(['0-5 A dog [0,1,2]', '5-8 A rat [3]']);
});

test('a last cue that is too short joins the one before', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 5, text: 'A cat' },
    { at: 9.5, text: 'A cow' },
  ];
  expect(await lines(plans, 10)).toEqual(['0-5 A dog [0]', '5-10 A cat [1,2]']);
});

test('several cues that the end cuts short all join', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 2, text: 'A cat' },
    { at: 2.5, text: 'A cow' },
    { at: 3, text: 'A rat' },
  ];
  expect(await lines(plans, 3.02)).toEqual(['0-2 A dog [0]', '2-3.02 A cat [1,2,3]']);
  expect(await lines(plans.slice(0, 3), 2.6)).toEqual(['0-2.6 A dog [0,1,2]']);
});

test('after a gap, a last cue that is too short starts earlier', async () => {
  const error = { code: 'group-failed', message: 'the model failed' };
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 5, text: '', error },
    { at: 9.7, text: 'A cow' },
  ];
  expect(await lines(plans, 10)).toEqual(['0-5 A dog [0]', '9-10 A cow [2]']);
});

test('a keyframe at the very end of the video joins the one before', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 10, text: 'A cat' },
  ];
  expect(await lines(plans, 10)).toEqual(['0-10 A dog [0,1]']);
});

test('a video shorter than the minimum has one cue from end to end', async () => {
  expect(await lines([{ at: 0.2, text: 'A dog' }], 0.4)).toEqual(['0-0.4 A dog [0]']);
});

test('a source without a duration is shown for the minimum', async () => {
  expect(await lines([{ at: 0, text: 'A dog' }], 0)).toEqual(['0-1 A dog [0]']);
});

test('an end before the last keyframe is ignored', async () => {
  const plans = [
    { at: 0, text: 'A dog' },
    { at: 5, text: 'A cat' },
    { at: 8, text: 'A cow' },
  ];
  expect(await lines(plans, 2)).toEqual(['0-5 A dog [0]', '5-8 A cat [1,2]']);
});

test('a long text is split in time, in proportion to its parts', async () => {
  const text =
    'Two young men in white shirts and a woman with a large straw hat are standing in front of a very old wooden door of a church';
  const cues = await cuesOf(
    [
      { at: 0, text },
      { at: 9, text: 'A dog' },
    ],
    11,
  );
  expect(cues.map(line)).toEqual([
    '0-4.38843 Two young men in white shirts / and a woman with a large straw [0]',
    '4.38843-9 hat are standing in front of a / very old wooden door of a church [0]',
    '9-11 A dog [1]',
  ]);
});

test('a cue is emitted when what follows has fixed its end', () => {
  const arriving = new Subject<Caption>();
  const seen: Cue[] = [];
  const timeline = {
    zero: 0,
    end: () => {
      throw new Error('the end is not known yet');
    },
  };
  arriving.pipe(readCaptions(new TextPieces(0)), toCues(DEFAULT_RULES, timeline)).subscribe((cue) => seen.push(cue));
  const [dog, cat, cow] = captions([
    { at: 0, text: 'A dog' },
    { at: 3, text: 'A cat' },
    { at: 6, text: 'A cow' },
  ]);
  if (dog === undefined || cat === undefined || cow === undefined) throw new Error('three captions');
  arriving.next(dog);
  arriving.next(cat);
  arriving.next(cow);
  // Only the cow's keyframe shows that the video lasts long enough for the cat's cue to have its second.
  expect(seen).toEqual([]);
  arriving.next({ ...dog, index: 3, pts: seconds(9) });
  expect(seen.map(line)).toEqual(['0-3 A dog [0]']);
});

test('a week of one still scene is one cue that lists a bounded number of keyframes', async () => {
  const week = 7 * 24 * 3600;
  const plans = Array.from({ length: week / 10 }, (_, at) => ({ at: 10 * at, text: 'A yard', still: at > 0 }));
  const [cue, ...more] = await cuesOf(plans, week);
  expect(more).toEqual([]);
  expect(cue).toMatchObject({ start: 0, end: seconds(week), text: 'A yard' });
  expect(cue?.from).toHaveLength(MAX_KEYFRAMES_PER_CUE);
  expect(cue?.from[0]).toBe(0);
  expect(cue?.from.at(-1)).toBe(week / 10 - 1);
  expect(new Set(cue?.from).size).toBe(MAX_KEYFRAMES_PER_CUE);
});
