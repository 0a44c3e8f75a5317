/**
 * What the second pass of a captioner gains: captions of pictures after one pass and after two, scored against references.
 *
 *   node --import tsx bench/second-pass.ts FOLDER REFERENCES --model NAME [--base-url URL] [--pictures 200] [--workers 1]
 *
 * REFERENCES is a JSON object from file name to a list of captions; pictures of FOLDER without any are left out. Prints CIDEr-D of both passes
 * with a 95 % interval of the gain over resampled pictures, how often the second pass changed a caption, and the time of each.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Caption, GROUP_SIZE, type Keyframe } from '../src/core/types.ts';
import { exactImage } from '../src/ingest/decode/filters.ts';
import { readPicture } from '../src/ingest/decode/still-picture.ts';
import { probe } from '../src/ingest/probe/probe.ts';
import { expandInputs } from '../src/ingest/sources/sources.ts';
import { loadModel } from '../src/workers/load-model.ts';
import { modelOf } from '../src/workers/model-flags.ts';
import { ciderD } from './support/cider.ts';
import { inGroups } from './support/pictures.ts';

const RESAMPLES = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    'base-url': { type: 'string' },
    pictures: { type: 'string', default: '200' },
    workers: { type: 'string', default: '1' },
  },
});
const [folder, file] = positionals;
if (folder === undefined || file === undefined) {
  throw new Error(
    'Name a folder of pictures and a file of references: bench/second-pass.ts FOLDER REFERENCES --model NAME',
  );
}
const references = z.record(z.string(), z.array(z.string()).min(1)).parse(JSON.parse(await readFile(file, 'utf8')));
const { signal } = new AbortController();
const flags = {
  ...(values.model === undefined ? {} : { model: values.model }),
  ...(values['base-url'] === undefined ? {} : { baseUrl: values['base-url'] }),
};
const model = await loadModel(modelOf(flags));
const { sources } = await expandInputs([folder]);
const known = sources
  .filter(({ input }) => references[path.basename(input)] !== undefined)
  .slice(0, Number(values.pictures));
const keyframes: Keyframe[] = [];
for (const [index, source] of known.entries()) {
  const image = exactImage(await probe(source, { signal }), model.image);
  const { width, height } = image;
  keyframes.push({
    video: source.name,
    index,
    pts: 0,
    still: false,
    width,
    height,
    pixels: await readPicture(source, image),
  });
}

const captioner = model.captioner({ processes: Number(values.workers) });
await captioner.open();
const passes = [1, 2] as const;
const captions: Record<1 | 2, Caption[]> = { 1: [], 2: [] };
const seconds: Record<1 | 2, number> = { 1: 0, 2: 0 };
for (const [index, group] of inGroups(keyframes, GROUP_SIZE).entries()) {
  for (const pass of passes) {
    const began = performance.now();
    captions[pass].push(
      ...(await captioner.caption({ video: `pictures ${index}`, index, keyframes: group }, { passes: pass }, signal)),
    );
    seconds[pass] += (performance.now() - began) / 1000;
  }
}
await captioner.close();

const wanted = known.map(({ input }) => references[path.basename(input)] ?? []);
const scores = {
  1: ciderD(
    captions[1].map(({ text }) => text),
    wanted,
  ),
  2: ciderD(
    captions[2].map(({ text }) => text),
    wanted,
  ),
};
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / Math.max(1, numbers.length);
const gains = scores[2].map((score, at) => score - (scores[1][at] ?? 0));
// A fixed generator: the same interval in every run.
let state = 1;
const random = (): number => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};
const resampled = Array.from({ length: RESAMPLES }, () =>
  mean(gains.map(() => gains[Math.floor(random() * gains.length)] ?? 0)),
).sort((a, b) => a - b);
const changed = captions[2].filter(({ text, draft }) => text !== draft).length;
const result = {
  model: model.model.name,
  pictures: known.length,
  'CIDEr-D': { onePass: mean(scores[1]), twoPasses: mean(scores[2]), gain: mean(gains) },
  interval95: [resampled[Math.floor(RESAMPLES * 0.025)], resampled[Math.floor(RESAMPLES * 0.975)]],
  changed,
  failed: captions[2].filter(({ error }) => error !== undefined).length,
  secondsAPicture: { onePass: seconds[1] / known.length, twoPasses: seconds[2] / known.length },
};
process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
