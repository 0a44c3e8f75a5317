import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Caption } from '../../src/core/types.ts';
import type { GroupCaptions } from '../../src/pipeline/cues/order.ts';
import { DEFAULT_RULES } from '../../src/pipeline/cues/rules.ts';
import { openTrackWriter } from '../../src/pipeline/formats/formats.ts';
import type { TrackWriter } from '../../src/pipeline/formats/track-writer.ts';
import { writeTracks } from '../../src/pipeline/write-tracks.ts';
import { openFileSink } from '../../src/storage/file-sink.ts';
import { temporaryFolder } from '../storage/support/folder.ts';
import { captions, HEADER, randomNumbers, seconds } from './support/captions.ts';

const FORMATS = ['vtt', 'srt', 'json', 'jsonl', 'ttml', 'ass', 'txt'] as const;
const all = captions(
  Array.from({ length: 45 }, (_, at) => ({
    at: 1.5 + 2 * at,
    text: at % 10 === 9 ? '' : `A dog number ${Math.floor(at / 3)}`,
    still: at % 2 === 1,
    ...(at % 10 === 9 ? { error: { code: 'group-failed', message: 'the model failed' } } : {}),
  })),
);
const groups: GroupCaptions[] = [0, 1, 2, 3, 4, 5].map((index) => ({
  index,
  captions: all.slice(8 * index, 8 * index + 8),
}));

async function openWriters(folder: string): Promise<TrackWriter[]> {
  return Promise.all(
    FORMATS.map(async (format) =>
      openTrackWriter(format, await openFileSink(path.join(folder, `a.${format}`)), HEADER),
    ),
  );
}

async function* arriving(order: readonly GroupCaptions[]): AsyncGenerator<GroupCaptions> {
  for (const group of order) {
    await sleep(1);
    yield group;
  }
}

function streamOf(arrivals: AsyncIterable<GroupCaptions>, end = async () => ({ end: seconds(92.5) })) {
  return { groups: arrivals, zero: seconds(1.5), limit: 8, end };
}

const rules = DEFAULT_RULES;

async function textsOf(folder: string): Promise<string[]> {
  return Promise.all(FORMATS.map((format) => readFile(path.join(folder, `a.${format}`), 'utf8')));
}

test('any order of completion of groups: the same bytes in every format', async () => {
  const random = randomNumbers(2);
  let expected: string[] | undefined;
  for (let round = 0; round < 8; round += 1) {
    const folder = await temporaryFolder();
    const order = groups
      .map((group) => ({ group, at: round === 0 ? group.index : random() }))
      .sort((a, b) => a.at - b.at);
    const seen: Caption[] = [];
    const report = await writeTracks(streamOf(arriving(order.map(({ group }) => group))), {
      rules,
      writers: await openWriters(folder),
      onCaption: (caption) => seen.push(caption),
    });
    expect(report).toMatchObject({
      counts: { keyframes: 45, failed: 4, failure: 'the model failed' },
      summary: { end: seconds(92.5) },
    });
    expect(seen).toEqual(all);
    const texts = await textsOf(folder);
    expected ??= texts;
    expect(texts).toEqual(expected);
    expect(report.written.map((written) => written?.bytes)).toEqual(texts.map((text) => Buffer.byteLength(text)));
    expect(texts[0]?.match(/ --> /g)).toHaveLength(report.counts.cues);
  }
});

test('a video without keyframes has complete, empty tracks', async () => {
  const folder = await temporaryFolder();
  const report = await writeTracks(streamOf(arriving([])), { rules, writers: await openWriters(folder) });
  expect(report.counts).toEqual({ keyframes: 0, failed: 0, unsure: 0, blank: 0, unplaced: 0, tooShort: 0, cues: 0 });
  expect(JSON.parse((await textsOf(folder))[2] ?? '')).toMatchObject({ keyframes: [], cues: [] });
});

test('any failure leaves no track', async () => {
  const trouble = new Error('the decoder died');
  async function* broken(): AsyncGenerator<GroupCaptions> {
    yield* groups.slice(0, 2);
    throw trouble;
  }
  const folder = await temporaryFolder();
  await expect(writeTracks(streamOf(broken()), { rules, writers: await openWriters(folder) })).rejects.toBe(trouble);
  await expect(
    writeTracks(streamOf(arriving(groups.filter(({ index }) => index !== 3))), {
      rules,
      writers: await openWriters(folder),
    }),
  ).rejects.toMatchObject({ code: 'captions-incomplete' });
  await expect(
    writeTracks(
      streamOf(arriving(groups), () => Promise.reject(trouble)),
      { rules, writers: await openWriters(folder) },
    ),
  ).rejects.toBe(trouble);
  expect(await readdir(folder)).toEqual([]);
});

test('captions below the minimum confidence are counted; without a single caption there is no track', async () => {
  const folder = await temporaryFolder();
  const report = await writeTracks(streamOf(arriving(groups)), {
    rules: { ...rules, minConfidence: 1.1 },
    writers: [],
  });
  expect(report).toMatchObject({ counts: { keyframes: 45, failed: 4, unsure: 41, cues: 0 }, written: [] });

  const error = { code: 'group-failed', message: 'the model failed' };
  const failing = captions([0, 1].map((at) => ({ at, text: '', error })));
  await expect(
    writeTracks(streamOf(arriving([{ index: 0, captions: failing }])), { rules, writers: await openWriters(folder) }),
  ).rejects.toMatchObject({
    code: 'captions-failed',
    message: 'none of 2 keyframes could be captioned (the model failed)',
  });
  expect(await readdir(folder)).toEqual([]);
});

test('the slowest writer sets the pace, and a failing one ends the run', async () => {
  let taken = 0;
  let written = 0;
  let ended = false;
  async function* counted(): AsyncGenerator<GroupCaptions> {
    try {
      for (const group of groups) {
        // All captions of the groups before are written by the time that the next is asked for.
        expect(written).toBe(taken);
        taken += group.captions.length;
        yield group;
      }
    } finally {
      ended = true;
    }
  }
  const slow: TrackWriter = {
    async caption({ index }) {
      await sleep(1);
      written += 1;
      if (index === 20) throw new Error('full');
    },
    async cue() {},
    finish: async () => ({ bytes: 0, sha256: '' }),
    async abort() {},
  };
  await expect(writeTracks(streamOf(counted()), { rules, writers: [slow] })).rejects.toThrow('full');
  expect({ taken, ended }).toEqual({ taken: 24, ended: true });
});

test('memory does not grow with the video', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const folder = await temporaryFolder();
  const heaps: number[] = [];
  async function* long(): AsyncGenerator<GroupCaptions> {
    for (let index = 0; index < 3000; index += 1) {
      if (index % 500 === 250) {
        collect();
        heaps.push(process.memoryUsage().heapUsed);
      }
      const plans = Array.from({ length: 8 }, (_, at) => ({
        at: 8 * (8 * index + at),
        // Texts of their own, one and a half lines long: what keeps them cannot hide.
        text: `${8 * index + at} ${'men ride bikes '.repeat(4)}`.trim(),
      }));
      yield { index, captions: captions(plans).map((caption, at) => ({ ...caption, index: 8 * index + at })) };
    }
  }
  const report = await writeTracks(
    { groups: long(), zero: 0, limit: 8, end: async () => ({ end: seconds(8 * 24_000) }) },
    { rules, writers: await openWriters(folder) },
  );
  expect(report.counts.cues).toBe(24_000);
  // Between the two measurements come 20,000 captions: over 5 MB where they or their cues are kept.
  expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0)).toBeLessThan(2e6);
});
