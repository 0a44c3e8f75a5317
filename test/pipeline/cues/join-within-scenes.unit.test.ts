import { expect, test } from 'vitest';
import { joinWithinScenes } from '../../../src/pipeline/cues/join-within-scenes.ts';
import { PROFILES } from '../../../src/pipeline/cues/profiles.ts';
import { rulesFor } from '../../../src/pipeline/cues/rules.ts';
import { type CaptionPlan, cuesOf, line } from '../support/captions.ts';

/** Captions of one scene, a second apart. */
function scene(texts: readonly string[], more: Partial<CaptionPlan> = {}, from = 0): CaptionPlan[] {
  return texts.map((text, at) => ({ at: from + at, text, scene: 0, ...more }));
}

async function lines(...request: Parameters<typeof cuesOf>): Promise<string[]> {
  return (await cuesOf(...request)).map(line);
}

const MAN = 'A man sitting at a table';
const BOTH = 'A man and a woman sitting at a table';

test('captions that waver within a scene are one cue, under the wording that most agree on', async () => {
  expect(await lines(scene([MAN, BOTH, MAN, 'A group of people sitting at a table', BOTH, MAN]), 6)).toEqual([
    `0-6 ${MAN} [0,1,2,3,4,5]`,
  ]);
  expect(await lines(scene([MAN, BOTH, MAN, BOTH, MAN]), 5)).toEqual([`0-5 ${MAN} [0,1,2,3,4]`]);
});

test('a track grows while a scene goes on: only what may still be joined is held back', () => {
  const spans = joinWithinScenes(rulesFor(PROFILES.web));
  const texts = ['A door', 'A dog', 'A tree', MAN, BOTH, MAN, 'A car', 'A lamp'];
  const made = texts.map((text, at) => {
    const times = { start: 2e6 * at, end: 2e6 * (at + 1) };
    const span = { ...times, text, first: at, last: at, scene: 0, goesOn: true } as const;
    return spans.next({ ...span, wordings: [{ text, count: 1, confidence: 0.9, time: 2e6 }] }).map((one) => one.text);
  });
  expect(made).toEqual([[], ['A door'], ['A dog'], ['A tree'], [], [], [MAN], ['A car']]);
  expect(spans.end().map((one) => one.text)).toEqual(['A lamp']);
});

test('they are two where a cut lies between, or where no scenes are known', async () => {
  const cut = [...scene([MAN, MAN, MAN]), ...scene([BOTH, BOTH, BOTH], { scene: 1 }, 3)];
  expect(await lines(cut, 6)).toEqual([`0-3 ${MAN} [0,1,2]`, `3-6 ${BOTH} [3,4,5]`]);
  const unknown = [MAN, BOTH, MAN].map((text, at) => ({ at: 2 * at, text }));
  expect(await lines(unknown, 6)).toEqual([`0-2 ${MAN} [0]`, `2-4 ${BOTH} [1]`, `4-6 ${MAN} [2]`]);
});

test('equal captions on both sides of a cut are one cue, and what wavers on one side does not change the other', async () => {
  const plans = [...scene([MAN, MAN, MAN]), ...scene([MAN, 'A woman sitting at a long table'], { scene: 1 }, 3)];
  const woman = { confidence: 0.99, scene: 1, text: 'A woman sitting at a long table' };
  const [first, ...others] = await cuesOf([...plans, { at: 5, ...woman }, { at: 6, ...woman }], 7);
  expect(first?.text.replace('\n', ' ')).toBe(MAN);
  expect(first?.start).toBe(0);
  expect([first, ...others].at(-1)?.end).toBe(7_000_000);
  expect(others.every(({ start }) => start >= 3_000_000)).toBe(true);
});

test('words for the same thing are one caption, however long each holds', async () => {
  const plans = ['A man sits on a couch', 'A person sits on a sofa', 'A man sits on a sofa'].map((text, at) => ({
    ...{ at: 5 * at, text, scene: 0 },
    confidence: at === 2 ? 0.9 : 0.5,
  }));
  expect(await lines(plans, 15)).toEqual(['0-15 A man sits on a sofa [0,1,2]']);
});

test('a thing that one of many keyframes names is left out', async () => {
  const street = 'A man is walking down a street';
  const texts = [street, `${street} with an umbrella`, 'A man is walking on a road with a street lamp', street];
  expect(await lines(scene(texts), 4)).toEqual([`0-4 ${street} [0,1,2,3]`]);
});

test('what can be read whole stays: something else happens', async () => {
  const plans = [
    { at: 0, text: 'A man sits at a table', scene: 0 },
    { at: 5, text: 'A man opens a door', scene: 0 },
    { at: 7, text: 'A street with cars', scene: 0 },
  ];
  expect(await lines(plans, 10)).toEqual([
    '0-5 A man sits at a table [0]',
    '5-7 A man opens a door [1]',
    '7-10 A street with cars [2]',
  ]);
});

test('a caption about something else is held until it is read, in its scene only', async () => {
  const dog = { at: 4, text: 'A dog is playing with a ball', scene: 0 };
  const before = { at: 0, text: 'A street with cars', scene: 0 };
  const after = { at: 5, text: 'A street with cars' };
  expect(await lines([before, dog, { ...after, scene: 0 }], 9)).toEqual([
    '0-4 A street with cars [0]',
    '4-5 A dog is playing [1]',
    '5-9 A street with cars [2]',
  ]);
  const long = { ...dog, text: 'A dalmatian is exploring' };
  expect(await lines([before, long, { ...after, scene: 0 }], 9)).toEqual([
    '0-4 A street with cars [0]',
    '4-5.2 A dalmatian is exploring [1]',
    '5.2-9 A street with cars [2]',
  ]);
  expect(await lines([before, long, { ...after, scene: 1 }], 9)).toEqual([
    '0-4 A street with cars [0]',
    '4-5 A dalmatian is exploring [1]',
    '5-9 A street with cars [2]',
  ]);
});

test('a caption is not held into the next scene because its own seemed to go on', async () => {
  const plans = [
    { at: 0, text: 'A street with cars', scene: 0 },
    { at: 4, text: 'A dalmatian is exploring', scene: 0 },
    { at: 5, text: 'A street with cars', scene: 0 },
  ];
  for (const cut of [5.1, 5.15]) {
    expect(await lines([...plans, { at: cut, text: 'A field', scene: 1 }], 9)).toEqual([
      '0-4 A street with cars [0]',
      `4-${cut} A dalmatian is exploring [1,2]`,
      `${cut}-9 A field [3]`,
    ]);
  }
});

test('a caption that the end cuts short stands back behind the one before it in its scene', async () => {
  const plans = scene(['A street with cars', 'A dalmatian is exploring'], {}).map((plan, at) => ({
    ...plan,
    at: 4 * at,
  }));
  expect(await lines(plans, 5)).toEqual(['0-5 A street with cars [0,1]']);
  expect(
    await lines(
      plans.map((plan, at) => ({ ...plan, scene: at })),
      5,
    ),
  ).toEqual(['0-4 A street with cars [0]', '4-5 A dalmatian is exploring [1]']);
});

test('texts in other languages are compared word by word', async () => {
  const texts = [
    'Un homme est assis près de la table',
    'Un chien court dans la grande rue',
    'Un homme est assis à la table',
  ];
  const plans = texts.map((text, at) => ({ at: 4 * at, text, scene: 0 }));
  expect(await lines(plans, 12)).toHaveLength(3);
});

test('a scene without an end holds back a bounded number of captions', async () => {
  const texts = Array.from({ length: 300 }, (_, at) => `A ${['man', 'boy'][at % 2]} with a long hat and number ${at}`);
  const cues = await cuesOf(scene(texts), 300);
  expect(cues.length).toBeGreaterThan(1);
  expect(cues.flatMap(({ from }) => [...from])).toHaveLength(300);
});

test.each(['web', 'netflix', 'bbc'] as const)('%s: in a scene that goes on, every cue can be read', async (name) => {
  const nouns = ['man', 'woman', 'dog', 'car', 'man on a bicycle', 'large group of people'];
  const verbs = ['is walking', 'stands', 'is looking at a camera', 'near a tree'];
  const texts = Array.from(
    { length: 200 },
    (_, at) => `A ${nouns[(at * 7) % 6]} ${verbs[(at * 5 + (at >> 2)) % 4]} in a street`,
  );
  const rules = rulesFor(PROFILES[name]);
  const speed = rules.profile.speed;
  const cues = await cuesOf(scene(texts), 200, { rules });
  expect(cues.length).toBeGreaterThan(5);
  for (const { start, end, text } of cues) {
    const seconds = (end - start) / 1e6;
    const units = speed?.unit === 'words a minute' ? (text.split(/\s+/).length * 60) / seconds : text.length / seconds;
    expect(units).toBeLessThanOrEqual((speed?.most ?? 0) + 0.5);
  }
});
