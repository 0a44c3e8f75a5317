import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeAudio, hasAudio, SAMPLE_RATE } from '../../../src/ingest/decode/decode-audio.ts';
import { detectSpeech } from '../../../src/workers/speech/detect-speech.ts';
import { SpeechIntervals } from '../../../src/workers/speech/speech-intervals.ts';
import { NEVER, sourceOf } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

/** Two sentences of a synthetic voice (ffmpeg's flite): it speaks from 1.2 to 4.1 s, and from 6.4 to 9.6 s. */
const VOICE = fileURLToPath(new URL('../../fixtures/speech/two-sentences.ogg', import.meta.url));

let folder: { readonly path: string; remove(): Promise<void> };
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

async function speechIn(file: string): Promise<number[][]> {
  const found = await detectSpeech(decodeAudio(await sourceOf(file), NEVER), NEVER);
  return found.map(({ start, end }) => [start / 1e6, end / 1e6]);
}

test('speech is found where a voice speaks, and not in silence, noise and tones', async () => {
  const [first, ...rest] = await speechIn(VOICE);
  const last = rest.at(-1);
  expect(Math.abs((first?.[0] ?? 0) - 1.2)).toBeLessThan(0.15);
  expect(Math.abs((first?.[1] ?? 0) - 4.1)).toBeLessThan(0.15);
  expect(rest[0]?.[0]).toBeGreaterThan(6.2);
  expect(rest[0]?.[0]).toBeLessThan(6.7);
  expect(Math.abs((last?.[1] ?? 0) - 9.6)).toBeLessThan(0.15);
  const noise = path.join(folder.path, 'noise.wav');
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'anoisesrc=d=3:a=0.1',
    '-f',
    'lavfi',
    '-i',
    'sine=d=3',
    '-filter_complex',
    '[0][1]concat=v=0:a=1',
    noise,
  );
  expect(await speechIn(noise)).toEqual([]);
});

test('times count from the start of the container, also where the sound starts later', async () => {
  const film = path.join(folder.path, 'late.mkv');
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'color=gray:s=32x32:r=5:d=14', '-itsoffset', '2', '-i', VOICE],
    ...['-map', '0:v', '-map', '1:a', '-c:v', 'mpeg4', '-c:a', 'pcm_s16le', film],
  );
  const [alone, film2] = [await speechIn(VOICE), await speechIn(film)];
  expect(film2).toHaveLength(alone.length);
  for (const [at, [start = 0]] of alone.entries())
    expect(Math.abs((film2[at]?.[0] ?? 0) - start - 2)).toBeLessThan(0.07);
});

test('sound is decoded to one channel at 16 kHz, whatever it was', async () => {
  const file = path.join(folder.path, 'tone.wav');
  await ffmpeg('-f', 'lavfi', '-i', 'sine=f=400:d=1.5:r=44100', '-ac', '2', file);
  const source = await sourceOf(file);
  expect(await hasAudio(source, NEVER)).toBe(true);
  let [samples, loudest] = [0, 0];
  for await (const piece of decodeAudio(source, NEVER)) {
    samples += piece.length;
    for (const sample of piece) loudest = Math.max(loudest, Math.abs(sample));
  }
  expect(Math.abs(samples - 1.5 * SAMPLE_RATE)).toBeLessThan(32);
  expect(loudest).toBeGreaterThan(0.05);
  expect(loudest).toBeLessThan(1);
});

test('an abort ends the detection', async () => {
  const stop = new AbortController();
  const endless = async function* () {
    for (;;) {
      yield new Float32Array(SAMPLE_RATE);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const detecting = detectSpeech(endless(), stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 300);
  await expect(detecting).rejects.toThrow('enough');
});

test('short sounds and short pauses do not count', () => {
  const intervals = new SpeechIntervals();
  const windows = [
    ...Array(10).fill(0),
    ...Array(4).fill(1),
    ...Array(20).fill(0),
    ...Array(20).fill(1),
    0,
    0,
    ...Array(20).fill(1),
  ];
  for (const probability of windows) intervals.add(probability);
  expect(intervals.end()).toEqual([{ start: 34 * 32_000 - 30_000, end: 76 * 32_000 + 30_000 }]);
});
