// Step detection on generated videos with known steps: npx tsx bench/steps.ts [COUNT] [FIRST SEED]
// For each kind of video (noise, cuts inside steps, flickers, fades, speech) and each seed: F1 of the boundaries within two
// seconds, compared with as many boundaries at equal intervals. Captions come from the tests' bundle, which knows eight
// colours. The thresholds were chosen on seed 0, which the tests use; other seeds are held out.
import path from 'node:path';
import { identify } from '../src/captioning/input-identity.ts';
import { readSpoken, subtitleFiles } from '../src/captioning/speech/subtitle-files.ts';
import { probe } from '../src/ingest/probe/probe.ts';
import { findSteps } from '../src/steps/find/find-steps.ts';
import { surveyVideo } from '../src/steps/survey-video.ts';
import { loadBundle } from '../src/workers/bundle/bundle.ts';
import { createCaptioner } from '../src/workers/pool/pool.ts';
import { CORPUS } from '../test/steps/support/corpus.ts';
import { boundaryF1, equalIntervals } from '../test/steps/support/made.ts';
import { NEVER, sourceOf } from '../test/support/reading.ts';
import { buildTinyBundle } from '../test/support/tiny-bundle.ts';
import { makeFolder } from '../test/support/videos.ts';

const LENGTHS = { shortest: 5_000_000, longest: 180_000_000 };
const count = Number(process.argv[2] ?? 3);
const first = Number(process.argv[3] ?? 1);

function mean(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
}

const folder = await makeFolder();
const bundle = await loadBundle(await buildTinyBundle(path.join(folder.path, 'tiny')));
const captioner = createCaptioner({ model: bundle, processes: 1 });
try {
  await captioner.open();
  process.stdout.write(`| video (${count} of each) | F1 | the worst | equal intervals |\n| --- | --- | --- | --- |\n`);
  const all: { ours: number; equal: number }[] = [];
  for (const [name, make] of Object.entries(CORPUS)) {
    const scores: { ours: number; equal: number }[] = [];
    for (let seed = first; seed < first + count; seed++) {
      const video = await make(folder.path, seed);
      const source = await sourceOf(video.path);
      const media = await probe(source, { signal: NEVER });
      const identity = (await identify(source)) ?? {};
      const stateDir = path.join(folder.path, 'state');
      const request = { source, media, identity, captioner, stateDir, signal: NEVER, onProgress: () => undefined };
      const { samples, captions, end } = await surveyVideo({ ...request, passes: 2 });
      const { utterances } = await readSpoken(source, await subtitleFiles(source, stateDir), NEVER);
      const steps = findSteps({ samples, captions, utterances, chapters: [], end }, LENGTHS);
      const found = steps.slice(1).map(({ start }) => start / 1e6);
      const equal = equalIntervals(found.length, video.seconds);
      scores.push({ ours: boundaryF1(found, video.boundaries), equal: boundaryF1(equal, video.boundaries) });
    }
    all.push(...scores);
    const ours = scores.map((score) => score.ours);
    process.stdout.write(
      `| ${name} | ${mean(ours)} | ${Math.min(...ours).toFixed(2)} | ${mean(scores.map(({ equal }) => equal))} |\n`,
    );
  }
  const ours = all.map((score) => score.ours);
  process.stdout.write(
    `| all | ${mean(ours)} | ${Math.min(...ours).toFixed(2)} | ${mean(all.map(({ equal }) => equal))} |\n`,
  );
} finally {
  await captioner.close();
  await folder.remove();
}
