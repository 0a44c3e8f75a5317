import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import type { Keyframe } from '../../core/types.ts';
import { makeClip } from '../../ingest/ffmpeg/inspect-ffmpeg.ts';
import { probe } from '../../ingest/probe/probe.ts';
import { readKeyframes } from '../../ingest/read-keyframes.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import type { CaptionModel } from '../../workers/captioner.ts';
import type { LocalModel } from '../../workers/families/family.ts';
import { PROVIDER_NAMES } from '../../workers/families/verify-provider.ts';
import { InferenceProcess } from '../../workers/pool/inference-process.ts';
import type { Finding } from './finding.ts';

/** A meadow under a blue sky with a red ball: something that any captioner can describe. */
const TEST_PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240">
<rect width="320" height="150" fill="#6fb1f0"/><rect y="150" width="320" height="90" fill="#3f8f3a"/>
<circle cx="160" cy="170" r="34" fill="#d22c2c"/><circle cx="262" cy="48" r="24" fill="#fff4b0"/></svg>`;

/** True for what a broken model writes: next to nothing, hardly any letters, or the same word again and again. */
export function looksLikeNoise(text: string): boolean {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const letters = (text.match(/[\p{L}\s]/gu) ?? []).length;
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return words.length < 2 || letters < 0.7 * text.length || (words.length > 5 && most > words.length / 2);
}

/** Draws a picture, makes a clip of it, and captions the clip. */
export async function checkCaption(model: CaptionModel, signal: AbortSignal): Promise<Finding> {
  const name = 'test';
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-doctor-'));
  const captioner = model.captioner({ processes: 1 });
  try {
    const picture = path.join(folder, 'test.png');
    const clip = path.join(folder, 'test.mkv');
    await sharp(Buffer.from(TEST_PICTURE)).png().toFile(picture);
    const complaint = await makeClip(picture, clip, signal);
    if (complaint !== undefined) return { name, state: 'fail', message: `ffmpeg could not make a clip: ${complaint}` };
    const source: Source = { kind: 'file', input: clip, name: 'test.mkv', label: clip };
    const media = await probe(source, { signal });
    const keyframes: Keyframe[] = [];
    for await (const keyframe of readKeyframes(source, media, {
      choice: { mode: 'auto' },
      image: captioner.image,
      signal,
    })) {
      keyframes.push(keyframe);
    }
    await captioner.open();
    const began = performance.now();
    const [caption] = await captioner.caption(
      { video: source.name, index: 0, keyframes: keyframes.slice(0, 1) },
      { passes: 2 },
      signal,
    );
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    if (caption === undefined || caption.error !== undefined) {
      return { name, state: 'fail', message: caption?.error?.message ?? 'the test clip had no keyframe' };
    }
    if (looksLikeNoise(caption.text)) {
      return { name, state: 'fail', message: `the model loads, but says of a drawn picture: "${caption.text}"` };
    }
    return {
      name,
      state: 'ok',
      message: `a drawn picture, through ffmpeg and the model: "${caption.text}" (confidence ${caption.confidence}, ${seconds} s)`,
    };
  } finally {
    await captioner.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the model once in a process of its own and reads in onnxruntime's profile what ran it. */
export async function checkProvider(model: LocalModel): Promise<Finding> {
  const name = 'provider';
  const process = new InferenceProcess();
  try {
    const runs = await process.verify(model);
    const wanted = PROVIDER_NAMES[model.provider];
    const all = Object.values(runs).reduce((sum, count) => sum + count, 0);
    const shares = Object.entries(runs)
      .sort(([, a], [, b]) => b - a)
      .map(([provider, count]) => `${count} by ${provider}`);
    const message = `of ${all} operator runs, ${shares.join(', ')}`;
    return (runs[wanted] ?? 0) > 0
      ? { name, state: 'ok', message: `${model.provider} really runs: ${message}` }
      : { name, state: 'fail', message: `${model.provider} was asked for and ran nothing: ${message}` };
  } finally {
    await process.stop();
  }
}
