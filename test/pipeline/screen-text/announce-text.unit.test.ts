import { from, lastValueFrom, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import type { Caption, TextLine } from '../../../src/core/types.ts';
import { PROFILES } from '../../../src/pipeline/cues/profiles.ts';
import { type CueRules, rulesFor } from '../../../src/pipeline/cues/rules.ts';
import { toCues } from '../../../src/pipeline/cues/to-cues.ts';
import { readCaptions } from '../../../src/pipeline/screen-text/read-captions.ts';
import { TextPieces } from '../../../src/pipeline/screen-text/text-pieces.ts';
import { line, seconds } from '../support/captions.ts';

const MAN = 'A man walks';
const LONG = 'A man in a red shirt and a woman with a large umbrella are walking along a street';

interface Plan {
  readonly text: string;
  readonly shown?: string;
  readonly confidence?: number;
  readonly event?: Caption['event'];
}

/** A keyframe each second, some with a line of text in the picture; cues as `start-end text [keyframes]`. */
async function cuesOf(plans: readonly Plan[], rules: Partial<CueRules> = {}): Promise<string[]> {
  const captions = plans.map(({ text, shown, confidence = 0.8, event }, index): Caption => {
    const place = { confidence: 0.9, x: 0.1, y: 0.2, width: 0.4, height: 0.1 };
    const lines: TextLine[] = shown === undefined ? [] : [{ text: shown, ...place }];
    const mark = event === undefined ? {} : { event };
    return {
      ...{ video: 'a', index, pts: seconds(index), still: false, draft: text, text, confidence, passes: 2, lines },
      ...mark,
    };
  });
  const timeline = { zero: 0, end: () => seconds(plans.length) };
  const own = { ...rulesFor(PROFILES.web, 0.5, { kind: 'descriptions' }), ...rules };
  const cues = from(captions).pipe(readCaptions(new TextPieces(0)), toCues(own, timeline), toArray());
  return (await lastValueFrom(cues)).map(line);
}

const frames = (count: number, plan: Plan): Plan[] => Array.from({ length: count }, () => plan);

test('text is announced from the picture on in which it appears, until it is gone', async () => {
  const plans = [
    ...frames(4, { text: MAN }),
    ...frames(3, { text: MAN, shown: 'Exit 3' }),
    ...frames(5, { text: MAN }),
  ];
  expect(await cuesOf(plans)).toEqual(['0-4 A man walks [0,1,2,3]', '4-7 Text on screen: Exit 3 [4,5,6,7,8,9,10,11]']);
});

test('with the caption of its first picture, where that begins there', async () => {
  const plans = [...frames(2, { text: 'A door' }), ...frames(4, { text: MAN, shown: 'Exit 3' })];
  expect(await cuesOf(plans)).toEqual(['0-2 A door [0,1]', '2-6 A man walks. Text on screen: Exit 3 [2,3,4,5]']);
});

test('an announcement that does not fit into one cue with its description comes first, in a cue of its own', async () => {
  const plans = [...frames(3, { text: LONG, shown: 'Platform 9' }), ...frames(7, { text: LONG })];
  const [first, ...others] = await cuesOf(plans);
  expect(first).toMatch(/^0-1\.3 Text on screen: Platform 9 \[/);
  expect(others.join(' ')).not.toMatch(/Text|screen/);
  expect(others).toHaveLength(1);
});

test('each of several texts comes with its own picture', async () => {
  const plans = ['One', 'Two and', 'Three'].flatMap((shown) => frames(3, { text: MAN, shown }));
  expect(await cuesOf(plans)).toEqual([
    '0-3 A man walks. Text on screen: One [0,1,2]',
    '3-6 Text on screen: Two and [3,4,5]',
    '6-9 Text on screen: Three [6,7,8]',
  ]);
});

test('text is announced where the model is unsure of the picture', async () => {
  const plans = [...frames(2, { text: MAN, confidence: 0.1, shown: 'The end' }), ...frames(2, { text: 'A door' })];
  expect(await cuesOf(plans)).toEqual(['0-2 Text on screen: The end [0,1]', '2-4 A door [2,3]']);
});

test('text that appears within an event divides it', async () => {
  const event = { index: 0, start: 0 };
  const plans = [...frames(5, { text: MAN, event }), ...frames(4, { text: MAN, shown: 'Exit 3', event })];
  expect(await cuesOf(plans, { events: true })).toEqual([
    '0-5 A man walks [0,1,2,3,4]',
    '5-9 Text on screen: Exit 3 [5,6,7,8]',
  ]);
});

test('beside dialogue, nothing is announced when it has gone', async () => {
  const plans = [...frames(3, { text: MAN, shown: 'Exit 3' }), ...frames(9, { text: MAN })];
  const speech = (end: number) => ({ speech: [{ start: 0, end: seconds(end) }] });
  expect(await cuesOf(plans, speech(2.5))).toEqual([
    '2.5-12 A man walks. Text on screen: Exit 3 [0,1,2,3,4,5,6,7,8,9,10,11]',
  ]);
  expect(await cuesOf(plans, speech(3.5))).toEqual(['3.5-12 A man walks [0,1,2,3,4,5,6,7,8,9,10,11]']);
});
