/**
 * What any model on this machine costs in the runtime: ms a frame with one and with two passes in one inference process (one core), and
 * the peak memory of this process and its child. Meant for models of real size with random weights:
 * the pictures are noise, and captions that never end are as long as they can be, so this is the worst case.
 *
 *   node --import tsx bench/paper-size.ts MODEL [MODEL...] [--pictures 16]
 *
 * MODEL is a bundle, or a folder of a family: `test/fixtures/hub/make_hub.py FOLDER --real` makes some of real size without a network.
 */
import { parseArgs } from 'node:util';
import { GROUP_SIZE, type Keyframe } from '../src/core/types.ts';
import { loadLocalModel } from '../src/workers/families/families.ts';
import type { LocalModel } from '../src/workers/families/family.ts';
import { createCaptioner } from '../src/workers/pool/pool.ts';
import { inGroups, noisePictures } from './support/pictures.ts';
import { treeRss } from './support/tree.ts';

const SAMPLE_MS = 50;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pictures: { type: 'string', default: '16' } },
});
if (positionals.length === 0)
  throw new Error('Name a model: node --import tsx bench/paper-size.ts models/everyday-small');

interface Cost {
  /** Wall time; of one process with one thread. */
  readonly msPerFrame: number;
  readonly openSeconds: number;
  /** Bytes; 0 where there is no /proc. */
  readonly peakRss: number;
  /** Mean words a caption: how much was decoded. */
  readonly words: number;
}

async function measure(model: LocalModel, passes: 1 | 2, keyframes: readonly Keyframe[]): Promise<Cost> {
  const captioner = createCaptioner({ model, processes: 1 });
  const { signal } = new AbortController();
  let peakRss = 0;
  const sampler = setInterval(() => {
    peakRss = Math.max(peakRss, treeRss(process.pid));
  }, SAMPLE_MS);
  try {
    const opening = performance.now();
    await captioner.open();
    const openSeconds = (performance.now() - opening) / 1000;
    const groups = inGroups(keyframes, GROUP_SIZE);
    let [began, words] = [0, 0];
    // The first group runs twice: once as a warm-up.
    for (const [at, group] of [groups[0] ?? [], ...groups].entries()) {
      if (at === 1) began = performance.now();
      const captions = await captioner.caption({ video: 'noise', index: at, keyframes: group }, { passes }, signal);
      const failure = captions.find(({ error }) => error !== undefined)?.error;
      if (failure !== undefined) throw new Error(failure.message);
      if (at > 0) words += captions.reduce((sum, { text }) => sum + text.split(' ').length, 0);
    }
    const msPerFrame = (performance.now() - began) / keyframes.length;
    return { msPerFrame, openSeconds, peakRss, words: words / keyframes.length };
  } finally {
    clearInterval(sampler);
    await captioner.close();
  }
}

for (const name of positionals) {
  const model = await loadLocalModel(name);
  const { width, height } = model.image;
  const keyframes = noisePictures(model.image, Number(values.pictures)).map(
    (pixels, index): Keyframe => ({ video: 'noise', index, pts: index, still: false, width, height, pixels }),
  );
  process.stdout.write(
    `${name}: ${model.model.name} ${model.model.version}, frames within ${width} x ${height}; ${keyframes.length} pictures\n`,
  );
  for (const passes of [1, 2] as const) {
    const { msPerFrame, openSeconds, peakRss, words } = await measure(model, passes, keyframes);
    process.stdout.write(
      `${passes === 1 ? 'one pass  ' : 'two passes'}  ${msPerFrame.toFixed(1).padStart(9)} ms a frame, opened in ${openSeconds.toFixed(1)} s, peak ${Math.round(peakRss / 2 ** 20)} MiB, ${words.toFixed(1)} words a caption\n`,
    );
  }
}
