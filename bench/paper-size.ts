/**
 * What any bundle costs in the runtime: ms a frame with one and with two passes in one inference process (one core), and
 * the peak memory of this process and its child. Meant for bundles of the paper's size, which may have random weights:
 * the pictures are noise, and captions that never end are as long as they can be, so this is the worst case.
 *
 *   node --import tsx bench/paper-size.ts BUNDLE [BUNDLE...] [--pictures 16]
 */
import { parseArgs } from 'node:util';
import { GROUP_SIZE, type Keyframe } from '../src/core/types.ts';
import { type Bundle, loadBundle } from '../src/workers/bundle/bundle.ts';
import { createCaptioner } from '../src/workers/pool/pool.ts';
import { inGroups, noisePictures } from './support/pictures.ts';
import { treeRss } from './support/tree.ts';

const SAMPLE_MS = 50;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pictures: { type: 'string', default: '16' } },
});
if (positionals.length === 0)
  throw new Error('Name a bundle: node --import tsx bench/paper-size.ts models/everyday-small');

interface Cost {
  /** Wall time; of one process with one thread. */
  readonly msPerFrame: number;
  readonly openSeconds: number;
  /** Bytes; 0 where there is no /proc. */
  readonly peakRss: number;
  /** Mean words a caption: how much was decoded. */
  readonly words: number;
}

async function measure(bundle: Bundle, passes: 1 | 2, keyframes: readonly Keyframe[]): Promise<Cost> {
  const captioner = createCaptioner({ model: bundle, processes: 1 });
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
  const bundle = await loadBundle(name);
  const { width, height } = bundle.image;
  const keyframes = noisePictures(bundle.image, Number(values.pictures)).map(
    (pixels, index): Keyframe => ({ video: 'noise', index, pts: index, still: false, width, height, pixels }),
  );
  const { visual, width: wide, layers } = bundle.manifest.dims;
  process.stdout.write(
    `${name}: ${bundle.model.name} ${bundle.model.version}, ${width} x ${height}, ${visual} visual tokens, decoder ${layers} x ${wide}; ${keyframes.length} pictures\n`,
  );
  for (const passes of [1, 2] as const) {
    const { msPerFrame, openSeconds, peakRss, words } = await measure(bundle, passes, keyframes);
    process.stdout.write(
      `${passes === 1 ? 'one pass  ' : 'two passes'}  ${msPerFrame.toFixed(1).padStart(9)} ms a frame, opened in ${openSeconds.toFixed(1)} s, peak ${Math.round(peakRss / 2 ** 20)} MiB, ${words.toFixed(1)} words a caption\n`,
    );
  }
}
