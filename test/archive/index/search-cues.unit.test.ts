import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ArchiveError } from '../../../src/archive/errors.ts';
import { cueById, cuesBetween, cuesOfRecording, searchCues } from '../../../src/archive/index/search-cues.ts';
import { makeFolder } from '../../support/videos.ts';
import { type Archive, describeRecording, makeArchive } from '../support/archive.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let archive: Archive;
let made = 0;

beforeAll(async () => {
  folder = await makeFolder();
  archive = makeArchive(path.join(folder.path, 'night.db'));
  await describeRecording(archive, { camera: 'front', start: '2026-11-24T21:00:00Z' }, [
    { at: 1.25, text: 'A dog stands near the gate' },
    { at: 10, text: 'Two dogs run over the grass', still: true },
  ]);
  await describeRecording(archive, { camera: 'Garden', start: '2026-11-24T22:00:00Z' }, [
    { at: 0, text: 'The gate is near a dog in a café' },
    { at: 30, text: 'Nobody' },
  ]);
});
afterAll(() => {
  archive.db.close();
  return folder.remove();
});

function found(
  words: string,
  more: { exact?: boolean; camera?: string; since?: number; until?: number; limit?: number } = {},
) {
  return searchCues(archive.db, archive.file, { limit: 100, words, ...more }).map(({ text }) => text);
}

const GATE = 'A dog stands near the gate';
const GRASS = 'Two dogs run over the grass';
const CAFE = 'The gate is near a dog in a café';

test.each([
  ['dog', [CAFE, GRASS, GATE]],
  ['dogs', [CAFE, GRASS, GATE]],
  ['DOG gates', [CAFE, GATE]],
  ['standing', [GATE]],
  ['gate near dog', [CAFE, GATE]],
  ['"near the gate"', [GATE]],
  ['“near the gate”', [GATE]],
  ['"near the gate" cat', []],
  ['"dog stands" gate', [GATE]],
  ['cafe', [CAFE]],
  ['zebra', []],
])('all words, stemmed, quotes for a phrase: %s', (words, texts) => {
  expect(found(words)).toEqual(texts);
});

test('kinds: plain words find narrower ones, unless exact or quoted', () => {
  expect(found('animals')).toEqual([CAFE, GRASS, GATE]);
  expect(found('animal, gate')).toEqual([CAFE, GATE]);
  expect(found('animal', { camera: 'front' })).toEqual([GRASS, GATE]);
  expect(found('"animal"')).toEqual([]);
  expect(found('animal', { exact: true })).toEqual([]);
  expect(found('dogs', { exact: true })).toEqual([CAFE, GRASS, GATE]);
  const hits = searchCues(archive.db, archive.file, { words: 'gate', limit: 9 });
  const recording = hits[0]?.recording ?? 0;
  expect(cuesOfRecording(archive.db, recording, 'animal').map(({ text }) => text)).toEqual([CAFE]);
  expect(cuesOfRecording(archive.db, recording, 'animal', { exact: true })).toEqual([]);
});

test('a hit says where and when', () => {
  const [hit] = searchCues(archive.db, archive.file, { words: 'stands', limit: 1 });
  expect(hit).toMatchObject({
    camera: 'front',
    start: Date.parse('2026-11-24T21:00:01.250Z'),
    end: Date.parse('2026-11-24T21:00:03.250Z'),
    text: GATE,
    moving: true,
    file: '/recordings/front/2026-11-24T21-00-00Z.mp4',
    offset: 1250,
    picture: 1,
  });
  expect(cueById(archive.db, hit?.id ?? '')).toEqual(hit);
  for (const id of ['', '0', 'zzzzzzzzzzzz', "'; DROP TABLE cues", hit?.id.toUpperCase() ?? '']) {
    expect(cueById(archive.db, id)).toBeUndefined();
  }
});

test('a camera, in any case; one that is not there has no hits', () => {
  expect(found('dog', { camera: 'FRONT' })).toEqual([GRASS, GATE]);
  expect(found('dog', { camera: 'garden' })).toEqual([CAFE]);
  expect(found('dog', { camera: 'fron' })).toEqual([]);
  // The word that a camera goes by inside the index finds nothing by itself.
  expect(found('camera1x')).toEqual([]);
});

test('a span of time, its start included and its end not; the newest where there are more than asked for', () => {
  const at = Date.parse('2026-11-24T21:00:10Z');
  expect(found('dog', { since: at })).toEqual([CAFE, GRASS]);
  expect(found('dog', { since: at + 1 })).toEqual([CAFE]);
  expect(found('dog', { until: at })).toEqual([GATE]);
  expect(found('dog', { since: at, until: at + 1 })).toEqual([GRASS]);
  expect(found('dog', { limit: 2 })).toEqual([CAFE, GRASS]);
  expect(cuesBetween(archive.db, at, at + 3_600_000).map(({ text }) => text)).toEqual([GRASS, CAFE]);
});

test("one recording's cues", () => {
  const hits = searchCues(archive.db, archive.file, { words: 'dog', limit: 9 });
  const front = hits.find(({ camera }) => camera === 'front')?.recording ?? 0;
  expect(cuesOfRecording(archive.db, front, 'dogs').map(({ text }) => text)).toEqual([GATE, GRASS]);
  expect(cuesOfRecording(archive.db, front, 'cafe')).toEqual([]);
});

/** Numbers from 0 to 1, the same in every run (Numerical Recipes' generator). */
function numbers(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

// What means something to FTS5, SQL or Unicode, and words that are in the archive.
const ODD = [
  ...[
    '"',
    '""',
    "'",
    '*',
    '^',
    '+',
    '-',
    ':',
    '(',
    ')',
    '{',
    '}',
    ',',
    '.',
    ';',
    '\\',
    '/',
    '%',
    '_',
    '--',
    '/*',
    '\0',
  ],
  ...['\n', '\t', ' ', '\u00a0', '\u200d', '\u202e', '\ufeff', '\ud83d', '\ude00', '😀', '\u0301', '\ue000', '𖹀', 'ⅷ'],
  ...[
    '“',
    '”',
    '„',
    '«',
    '»',
    ' AND ',
    ' OR ',
    ' NOT ',
    ' NEAR',
    'NEAR(',
    'text:',
    'camera:',
    '{text camera}:',
    'ª',
    '٣',
  ],
  ...['dog', 'gate', ' dog', ' near ', 'café', 'a', 'ﬁ', '犬', 'כלב'],
];

test("the user's characters never break a question", () => {
  const next = numbers();
  let asked = 0;
  for (let turn = 0; turn < 600; turn += 1) {
    const length = 1 + Math.floor(next() * 8);
    const words = Array.from({ length }, () => ODD[Math.floor(next() * ODD.length)]).join('');
    try {
      found(words);
      found(words, { camera: 'front', since: 0 });
      asked += 1;
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      expect({ words, code: error.code }).toEqual({ words, code: 'nothing-to-search' });
      expect(words).not.toMatch(/[\p{L}\p{N}]/u);
    }
    // Marks around words, but for quotes, change nothing.
    const mark = (ODD[Math.floor(next() * 22)] ?? '').replaceAll('"', '');
    expect(found(`${mark} gate ${mark}dog${mark}`)).toEqual([CAFE, GATE]);
  }
  expect(asked).toBeGreaterThan(300);
  expect(found('dog '.repeat(20_000))).toEqual([CAFE, GRASS, GATE]);
  expect(found('x'.repeat(100_000))).toEqual([]);
});

test('random questions find what a plain comparison of words finds', async () => {
  const next = numbers();
  const vocabulary = ['red', 'blue', 'cat', 'car', 'tree', 'wall', 'boat', 'hat'];
  const word = (): string => vocabulary[Math.floor(next() * vocabulary.length)] ?? '';
  const cameras = ['north', 'south'];
  const truth: { camera: string; at: number; text: string }[] = [];
  for (let minute = 0; minute < 20; minute += 1) {
    const camera = cameras[minute % 2] ?? '';
    const start = Date.parse('2026-11-25T00:00:00Z') + Math.floor(minute / 2) * 60_000;
    const sights = Array.from({ length: 10 }, (_, n) => ({ at: n * 5, text: [word(), word(), word()].join(' ') }));
    await describeRecording(archive, { camera, start: new Date(start).toISOString() }, sights);
    truth.push(...sights.map(({ at, text }) => ({ camera, at: start + at * 1000, text })));
    made += sights.length;
  }
  for (let turn = 0; turn < 100; turn += 1) {
    const words = Array.from({ length: 1 + Math.floor(next() * 3) }, word);
    const camera = [undefined, ...cameras][Math.floor(next() * 3)];
    const since = Date.parse('2026-11-25T00:00:00Z') + Math.floor(next() * 600_000);
    const until = since + Math.floor(next() * 600_000);
    const phrase = next() < 0.3;
    const hits = searchCues(archive.db, archive.file, {
      words: phrase ? `"${words.join(' ')}"` : words.join(' '),
      ...{ camera, since, until, limit: 1000 },
    });
    const expected = truth.filter(
      (cue) =>
        (camera === undefined || cue.camera === camera) &&
        cue.at >= since &&
        cue.at < until &&
        (phrase
          ? ` ${cue.text} `.includes(` ${words.join(' ')} `)
          : words.every((one) => cue.text.split(' ').includes(one))),
    );
    const line = (cue: { camera: string; text: string }, at: number): string => `${at} ${cue.camera} ${cue.text}`;
    expect(hits.map((hit) => line(hit, hit.start)).sort()).toEqual(expected.map((cue) => line(cue, cue.at)).sort());
    expect(hits.map(({ start }) => start)).toEqual(hits.map(({ start }) => start).sort((a, b) => b - a));
  }
  expect(made).toBe(200);
});
