/**
 * Attention of the two passes: how widely the decoder's attention spreads over the visual tokens, for the content words
 * of the draft (first pass) and of the final caption (second pass). Entropy in bits of the attention normalised to a sum
 * of 1, averaged over the words of a picture, then over pictures; the difference with its 95 % bootstrap interval.
 *
 *   node --import tsx bench/attention.ts FOLDER [--pictures 1000] [--model NAME|PATH]
 */
import { parseArgs } from 'node:util';
import { GROUP_SIZE } from '../src/core/types.ts';
import { columnsOf, meanEntropy } from '../src/explain/explanation.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../src/workers/bundle/bundle.ts';
import { openEngine } from '../src/workers/bundle/engine.ts';
import { inGroups, readPictures } from './support/pictures.ts';

const ROUNDS = 2000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: DEFAULT_BUNDLE },
    pictures: { type: 'string', default: '1000' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Name a folder of pictures: node --import tsx bench/attention.ts FOLDER');

const bundle = await loadBundle(values.model);
const engine = await openEngine(bundle);
const pictures = await readPictures(folder, bundle.image, Number(values.pictures));

/** One entry a picture with content words in both captions. */
const entropies: { readonly first: number; readonly second: number }[] = [];
const words: { readonly pass: 'draft' | 'final'; readonly onPicture: number }[] = [];
for (const group of inGroups(pictures, GROUP_SIZE)) {
  for (const explained of await engine.explain(group)) {
    const columns = columnsOf(explained);
    const [first, second] = [meanEntropy(columns, 'draft'), meanEntropy(columns, 'final')];
    if (first !== undefined && second !== undefined) entropies.push({ first, second });
    for (const pass of ['draft', 'final'] as const) {
      for (const { [pass]: seen } of columns) if (seen !== undefined) words.push({ pass, onPicture: seen.onPicture });
    }
  }
}
await engine.release();

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
const differences = entropies.map(({ first, second }) => second - first);
// Numerical Recipes' generator: the same interval at every run.
let state = 1;
const draw = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return differences[Math.floor((state / 2 ** 32) * differences.length)] ?? 0;
};
const means = Array.from({ length: ROUNDS }, () => mean(differences.map(draw))).sort((a, b) => a - b);
const [low = 0, high = 0] = [means[Math.round(0.025 * ROUNDS)], means[Math.round(0.975 * ROUNDS) - 1]];
const share = (pass: 'draft' | 'final'): string =>
  `${(100 * mean(words.filter((word) => word.pass === pass).map(({ onPicture }) => onPicture))).toFixed(1)} %`;
const { visual } = bundle.manifest.dims;

process.stdout.write(`${bundle.model.name} ${bundle.model.version}, ${entropies.length} pictures, content words: ${words.length}
first pass           ${mean(entropies.map(({ first }) => first)).toFixed(4)} bits (uniform over all ${visual}: ${Math.log2(visual).toFixed(4)}), ${share('draft')} of the attention on the picture
second pass          ${mean(entropies.map(({ second }) => second)).toFixed(4)} bits, ${share('final')} of the attention on the picture
second - first       ${mean(differences).toFixed(4)} bits, 95 % [${low.toFixed(4)}, ${high.toFixed(4)}]
`);
