import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import type { LoadedSettings } from '../config/load.ts';
import { describeFailure } from '../core/failures.ts';
import type { Keyframe } from '../core/types.ts';
import { VERSION } from '../core/version.ts';
import { inspectFfmpeg, makeClip } from '../ingest/ffmpeg/inspect-ffmpeg.ts';
import { probe } from '../ingest/probe/probe.ts';
import { readKeyframes } from '../ingest/read-keyframes.ts';
import type { Source } from '../ingest/sources/sources.ts';
import { type Bundle, loadBundle } from '../workers/bundle/bundle.ts';
import { executionProviders } from '../workers/bundle/graph-sessions.ts';
import { PROVIDER_NAMES } from '../workers/bundle/verify-provider.ts';
import { defaultProcesses } from '../workers/pool/cores.ts';
import { InferenceProcess } from '../workers/pool/inference-process.ts';
import { createCaptioner } from '../workers/pool/pool.ts';
import { runQueueDiagnostics } from './queue-diagnostics.ts';

/** One thing that was looked at. `warn` does not keep anything from working. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly message: string;
}

/** A meadow under a blue sky with a red ball: enough for any captioner to say something of. */
const TEST_PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240">
<rect width="320" height="150" fill="#6fb1f0"/><rect y="150" width="320" height="90" fill="#3f8f3a"/>
<circle cx="160" cy="170" r="34" fill="#d22c2c"/><circle cx="262" cy="48" r="24" fill="#fff4b0"/></svg>`;

/** Draws a picture, makes a clip of it, and takes the clip all the way to a caption. */
async function captionTestPicture(bundle: Bundle, signal: AbortSignal): Promise<Finding> {
  const name = 'test';
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-doctor-'));
  const captioner = createCaptioner({ bundle, processes: 1 });
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

async function tryOut(name: string, look: () => Promise<Finding>, verbose: boolean): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { name, state: 'fail', message: describeFailure(error, verbose) };
  }
}

/** Runs the bundle once in a process of its own and reads in onnxruntime's records what really ran it. */
async function proveProvider(bundle: Bundle): Promise<Finding> {
  const name = 'provider';
  const prover = new InferenceProcess();
  try {
    const runs = await prover.verify(bundle);
    const wanted = PROVIDER_NAMES[bundle.provider];
    const all = Object.values(runs).reduce((sum, count) => sum + count, 0);
    const shares = Object.entries(runs)
      .sort(([, a], [, b]) => b - a)
      .map(([provider, count]) => `${count} by ${provider}`);
    const message = `of ${all} operator runs, ${shares.join(', ')}`;
    return (runs[wanted] ?? 0) > 0
      ? { name, state: 'ok', message: `${bundle.provider} really runs: ${message}` }
      : { name, state: 'fail', message: `${bundle.provider} was asked for and ran nothing: ${message}` };
  } finally {
    await prover.stop();
  }
}

/**
 * Looks at all that a run needs, the bundle `model` and the site of `loaded` included, and tries it. Never throws: what
 * fails is a finding.
 */
export async function runDiagnostics(model: string, loaded: LoadedSettings, verbose: boolean): Promise<Finding[]> {
  const { signal } = new AbortController();
  const { device } = loaded.settings;
  const findings: Finding[] = [
    { name: 'secondglance', state: 'ok', message: VERSION },
    { name: 'node', state: 'ok', message: `${process.version} on ${process.platform} ${process.arch}` },
    {
      name: 'cores',
      state: 'ok',
      message: `${availableParallelism()} (${cpus()[0]?.model.trim() ?? 'unknown'}); ${defaultProcesses()} inference processes by default`,
    },
  ];
  findings.push(
    await tryOut(
      'ffmpeg',
      async () => {
        const { version, path: where, missingDecoders, toneMapping } = await inspectFfmpeg(signal);
        const lacks = [...missingDecoders.map((codec) => `no ${codec}`), ...(toneMapping ? [] : ['no tone mapping'])];
        const tail = lacks.length === 0 ? 'all usual decoders, tone mapping' : lacks.join(', ');
        return {
          name: 'ffmpeg',
          state: lacks.length === 0 ? 'ok' : 'warn',
          message: `${version} at ${where}; ${tail}`,
        };
      },
      verbose,
    ),
  );
  const { version, providers } = executionProviders();
  const names = providers.map(({ name, bundled }) => (bundled ? name : `${name} (not installed)`));
  findings.push({ name: 'onnxruntime', state: 'ok', message: `${version}; it has ${names.join(', ')}` });

  let bundle: Bundle | undefined;
  findings.push(
    await tryOut(
      'bundle',
      async () => {
        bundle = await loadBundle(model, { provider: device === 'auto' ? 'cpu' : device });
        const { name, version: edition, sha256 } = bundle.model;
        const { minConfidence: least } = bundle.manifest.generation;
        return {
          name: 'bundle',
          state: 'ok',
          message: `${name} ${edition} in ${bundle.folder}; ${Object.keys(bundle.files).length + bundle.data.length} files, checksums match (${sha256.slice(0, 12)})${least === 0 ? '' : `; captions of a confidence below ${least} are left out of tracks`}`,
        };
      },
      verbose,
    ),
  );
  const present = bundle;
  if (present !== undefined) {
    findings.push(await tryOut('provider', () => proveProvider(present), verbose));
    findings.push(await tryOut('test', () => captionTestPicture(present, signal), verbose));
  }
  return [...findings, ...(await runQueueDiagnostics(loaded, (name, look) => tryOut(name, look, verbose)))];
}
