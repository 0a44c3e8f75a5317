import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaptionedSource } from '../../../src/captioning/caption-source.ts';
import { assertWritable } from '../../../src/captioning/outputs/output-status.ts';
import type { Target } from '../../../src/captioning/outputs/target.ts';
import { type WriteContext, writeOutputs } from '../../../src/captioning/outputs/write-outputs.ts';
import type { Caption } from '../../../src/core/types.ts';
import type { MediaInfo } from '../../../src/ingest/probe/media-info.ts';
import { captions } from '../../pipeline/support/captions.ts';
import { makeFolder } from '../../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

const MEDIA = {
  ...{ container: 'mov', stream: 0, codec: 'h264', width: 64, height: 48, rotation: 0, sampleAspect: [1, 1] },
  ...{ start: 1_000_000, videoStart: 1_000_000, duration: 6_000_000, unended: false, bytesMissing: 0, subtitles: 0 },
} as unknown as MediaInfo;
const PLANS = [
  { at: 1, text: 'A dog' },
  { at: 3, text: 'A cat' },
  { at: 5, text: 'A bird' },
];

/** A film of six seconds that was captioned, its zero at 1 s. */
function captioned(
  all: readonly Caption[] = captions(PLANS),
  damage?: Awaited<ReturnType<CaptionedSource['report']>>['damage'],
): CaptionedSource {
  const report = { zero: 1_000_000, end: 7_000_000, frames: 60, keyframes: all.length };
  return {
    source: { kind: 'file', input: path.join(folder.path, 'film.mp4'), name: 'film.mp4', label: 'film.mp4' },
    media: MEDIA,
    groups: (async function* () {
      if (all.length > 0) yield { index: 0, captions: all };
    })(),
    report: async () => ({ ...report, ...(damage === undefined ? {} : { damage }) }),
    limit: 4,
  };
}

const progress: unknown[] = [];
const context = (): WriteContext => ({
  settings: {
    ...{ choice: { mode: 'auto' }, passes: 2, minConfidence: 0, profile: 'web', kind: 'descriptions', language: 'en' },
  },
  model: { name: 'tiny', version: '1', sha256: 'a'.repeat(64) },
  stateDir: path.join(folder.path, 'state'),
  verbose: false,
  began: performance.now(),
  onProgress: (each) => progress.push(each),
});
const at = (name: string): string => path.join(folder.path, name);
const job = (...targets: Target[]) => ({ identity: { path: at('film.mp4') }, targets, key: 'key' });
const isCurrent = (target: Target): Promise<boolean> =>
  assertWritable(context().stateDir, [target], { key: 'key', source: at('film.mp4'), force: false });

test('each target gets its track; progress and summary are in track time; the manifest knows the outputs', async () => {
  const targets: Target[] = [
    { format: 'vtt', path: at('new/film.vtt') },
    { format: 'jsonl', path: at('film.jsonl') },
  ];
  const { summary, failed } = await writeOutputs(context(), job(...targets), captioned());
  expect(failed).toBe(0);
  const outputs = targets.map((target) => target.path);
  expect(summary).toMatchObject({ video: 'film.mp4', state: 'done', keyframes: 3, cues: 3, duration: 6, outputs });
  expect(summary.problems).toEqual([]);
  expect(progress).toEqual([0, 2, 4].map((at, n) => ({ keyframes: n + 1, covered: at * 1e6, duration: 6_000_000 })));
  expect(await readFile(at('new/film.vtt'), 'utf8')).toContain('00:00:02.000 --> 00:00:04.000\nA cat\n');
  expect((await readFile(at('film.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(3);
  for (const target of targets) expect(await isCurrent(target)).toBe(true);

  await writeFile(at('film.jsonl'), 'edited');
  await expect(isCurrent({ format: 'jsonl', path: at('film.jsonl') })).rejects.toMatchObject({ code: 'track-exists' });
});

test('without some captions, or with a part of the video damaged, it is partial, and may be written again', async () => {
  const target: Target = { format: 'srt', path: at('part.srt') };
  const error = { code: 'group-failed', message: 'the model died' };
  const all = captions([
    { at: 1, text: 'A dog' },
    { at: 3, text: '', error },
  ]);
  const damage = { code: 'truncated', message: '"film.mp4" ends early', detail: {} } as const;
  const { summary, failed } = await writeOutputs(context(), job(target), captioned(all, damage));
  expect(failed).toBe(1);
  expect(summary).toMatchObject({ state: 'partial', keyframes: 2, cues: 1 });
  expect(summary.problems).toEqual([
    { code: 'truncated', message: '"film.mp4" ends early' },
    {
      code: 'captions-failed',
      message: '1 of 2 keyframes got no caption; run it again to try just those (the model died)',
    },
  ]);
  expect(await isCurrent(target)).toBe(false);
});

test('a range without a keyframe fails as a whole, and leaves no file', async () => {
  const target: Target = { format: 'vtt', path: at('empty/film.vtt') };
  await expect(writeOutputs(context(), job(target), captioned([]))).rejects.toMatchObject({ code: 'empty-range' });
  expect(await readdir(at('empty'))).toEqual([]);
});

test('a copy of the video needs the video, which a service does not have', async () => {
  const target: Target = { format: 'srt', path: at('copy.mkv'), into: 'mux' };
  await expect(writeOutputs(context(), job(target), captioned())).rejects.toMatchObject({ code: 'video-needed' });
});
