/**
 * How far two execution providers agree: the same pictures through the same bundle on each, in groups of eight.
 *
 *   node --import tsx bench/agreement.ts FOLDER [--providers cpu,webgpu] [--pictures 200] [--model NAME|PATH]
 *
 * Counts identical captions and the largest difference of their confidences. A provider that cannot be loaded here is
 * reported as untested, with the reason.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sentenceOf } from '../src/core/errors.ts';
import { GROUP_SIZE } from '../src/core/types.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../src/workers/bundle/bundle.ts';
import { openEngine, type TwoPassResult } from '../src/workers/bundle/engine.ts';
import { runtimeVersion } from '../src/workers/decoding/runtime.ts';
import { loadLocalModel } from '../src/workers/families/families.ts';
import { verifyProvider } from '../src/workers/families/verify-provider.ts';
import { inGroups, readPictures } from './support/pictures.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    providers: { type: 'string', default: 'cpu,webgpu' },
    model: { type: 'string', default: DEFAULT_BUNDLE },
    pictures: { type: 'string', default: '200' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Name a folder of pictures: node --import tsx bench/agreement.ts FOLDER');
const [first, second] = z
  .tuple([z.enum(['cpu', 'cuda', 'webgpu']), z.enum(['cpu', 'cuda', 'webgpu'])])
  .parse(values.providers.split(','));

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function captionAll(provider: typeof first): Promise<TwoPassResult[]> {
  const bundle = await loadBundle(values.model, { provider });
  const runs = Object.entries(await verifyProvider(await loadLocalModel(values.model, provider))).map(
    ([name, count]) => `${name} ${count}`,
  );
  say(`${provider}: operators run by ${runs.join(', ')}`);
  const engine = await openEngine(bundle);
  const results: TwoPassResult[] = [];
  for (const group of inGroups(await readPictures(folder ?? '', bundle.image, Number(values.pictures)), GROUP_SIZE)) {
    results.push(...(await engine.write(group, { passes: 2 })));
  }
  await engine.release();
  return results;
}

say(`onnxruntime-node ${runtimeVersion()}`);
const one = await captionAll(first);
const other = await captionAll(second).catch((error: unknown) => sentenceOf(error));
if (typeof other === 'string') say(`${second}: untested here: ${other.trim()}`);
else {
  let same = 0;
  let farthest = 0;
  for (const [at, { final }] of one.entries()) {
    const { final: theirs } = other[at] as TwoPassResult;
    if (String(theirs.tokens) !== String(final.tokens)) continue;
    same += 1;
    farthest = Math.max(farthest, Math.abs(theirs.confidence - final.confidence));
  }
  say(
    `${same} of ${one.length} captions are the same on ${first} and ${second}; confidences of those at most ${farthest.toExponential(1)} apart`,
  );
}
