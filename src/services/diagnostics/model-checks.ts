import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import type { Caption, ImageSpec, Keyframe } from '../../core/types.ts';
import { makeClip } from '../../ingest/ffmpeg/inspect-ffmpeg.ts';
import { probe } from '../../ingest/probe/probe.ts';
import { readKeyframes } from '../../ingest/read-keyframes.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import type { CaptionModel } from '../../workers/captioner.ts';
import type { LocalModel } from '../../workers/families/family.ts';
import { PROVIDER_NAMES } from '../../workers/families/verify-provider.ts';
import { isLocal } from '../../workers/load-model.ts';
import { InferenceProcess } from '../../workers/pool/inference-process.ts';
import type { Finding } from './finding.ts';

/** A meadow under a blue sky with a red ball: something that any captioner can describe. */
const TEST_PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240">
<rect width="320" height="150" fill="#6fb1f0"/><rect y="150" width="320" height="90" fill="#3f8f3a"/>
<circle cx="160" cy="170" r="34" fill="#d22c2c"/><circle cx="262" cy="48" r="24" fill="#fff4b0"/></svg>`;

/** A brick wall with a yellow window: nothing of the meadow. */
const OTHER_PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240">
<rect width="320" height="240" fill="#d8201c"/><path d="M0 60H320M0 120H320M0 180H320" stroke="#e3a090" stroke-width="4"/>
<rect x="130" y="70" width="60" height="60" fill="#f3c623"/></svg>`;

/** True for what a broken model writes: next to nothing, hardly any letters, or the same word again and again. */
export function looksLikeNoise(text: string): boolean {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const letters = (text.match(/[\p{L}\s]/gu) ?? []).length;
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return words.length < 2 || letters < 0.7 * text.length || (words.length > 5 && most > words.length / 2);
}

/** Captions of local models on their own graphs are hardly ever less probable than this; those of broken ones are. */
const LEAST_CONFIDENCE = 0.01;

/** The first keyframe of a clip that ffmpeg makes of a drawing; or why there is none. */
async function keyframeOf(drawing: string, image: ImageSpec, signal: AbortSignal): Promise<Keyframe | string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-doctor-'));
  try {
    const picture = path.join(folder, 'test.png');
    const clip = path.join(folder, 'test.mkv');
    await sharp(Buffer.from(drawing)).png().toFile(picture);
    const complaint = await makeClip(picture, clip, signal);
    if (complaint !== undefined) return `ffmpeg could not make a clip: ${complaint}`;
    const source: Source = { kind: 'file', input: clip, name: 'test.mkv', label: clip };
    const media = await probe(source, { signal });
    for await (const keyframe of readKeyframes(source, media, { choice: { mode: 'auto' }, image, signal })) {
      return keyframe;
    }
    return 'the test clip had no keyframe';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is wrong with a local model's captions of two pictures that have nothing in common; undefined where nothing is. */
export function complaintAbout(
  one: Pick<Caption, 'text' | 'confidence'>,
  other: Pick<Caption, 'text'>,
): string | undefined {
  if (looksLikeNoise(one.text)) return `the model loads, but says of a drawn picture: "${one.text}"`;
  if (one.confidence < LEAST_CONFIDENCE) {
    return `the model loads, but is sure of nothing: it says of a drawn picture, with a confidence of ${one.confidence}: "${one.text}"`;
  }
  if (one.text === other.text) {
    return `the model loads, but does not see: it says of a meadow and of a brick wall alike: "${one.text}"`;
  }
  return undefined;
}

/** Draws pictures, makes clips of them, and captions the clips: one, and another one with a model that runs here. */
export async function checkCaption(model: CaptionModel, signal: AbortSignal): Promise<Finding> {
  const name = 'test';
  const captioner = model.captioner({ processes: 1 });
  const fail = (message: string): Finding => ({ name, state: 'fail', message });
  try {
    const keyframes: Keyframe[] = [];
    for (const drawing of isLocal(model) ? [TEST_PICTURE, OTHER_PICTURE] : [TEST_PICTURE]) {
      const keyframe = await keyframeOf(drawing, captioner.image, signal);
      if (typeof keyframe === 'string') return fail(keyframe);
      keyframes.push({ ...keyframe, index: keyframes.length });
    }
    await captioner.open();
    const began = performance.now();
    const captions = await captioner.caption({ video: name, index: 0, keyframes }, { passes: 2 }, signal);
    const seconds = ((performance.now() - began) / 1000 / keyframes.length).toFixed(2);
    const [caption, other] = captions;
    if (caption === undefined || caption.error !== undefined) return fail(caption?.error?.message ?? 'no caption came');
    const complaint = complaintAbout(caption, other ?? { text: '' });
    if (complaint !== undefined) return fail(complaint);
    return {
      name,
      state: 'ok',
      message: `a drawn picture, through ffmpeg and the model: "${caption.text}" (confidence ${caption.confidence}, ${seconds} s)`,
    };
  } finally {
    await captioner.close();
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
