/**
 * What a second pass costs, and what scoring the whole draft at once saves over decoding it again: one pass, two passes
 * without it and with it. On one core, in one process, in turns, so that other load affects all three alike.
 *
 *   node --import tsx bench/passes.ts FOLDER [--pictures 200] [--model NAME|PATH]
 *
 * FOLDER should hold pictures like those that the model was trained on: the saving depends on how often the second pass
 * agrees with the draft. Measures CPU time of this process; its sessions have one thread each. Also checks that both
 * variants of the second pass write the same captions.
 */
import { parseArgs } from 'node:util';
import { GROUP_SIZE } from '../src/core/types.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../src/workers/bundle/bundle.ts';
import { openEngine, type TwoPassResult } from '../src/workers/bundle/engine.ts';
import { inGroups, readPictures } from './support/pictures.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: DEFAULT_BUNDLE },
    pictures: { type: 'string', default: '200' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Name a folder of pictures: node --import tsx bench/passes.ts FOLDER');

const bundle = await loadBundle(values.model);
const pictures = await readPictures(folder, bundle.image, Number(values.pictures));
const variants = [
  { name: 'one pass', passes: 1, engine: await openEngine(bundle) },
  { name: 'two passes, every token decoded', passes: 2, engine: await openEngine(bundle, { scoreDrafts: false }) },
  { name: 'two passes, the draft scored whole', passes: 2, engine: await openEngine(bundle) },
] as const;
const runs = variants.map((each) => ({ ...each, cpu: 0, results: [] as TwoPassResult[] }));

// The order changes from group to group; the first group is a warm-up.
for (const [at, group] of [inGroups(pictures, GROUP_SIZE)[0] ?? [], ...inGroups(pictures, GROUP_SIZE)].entries()) {
  for (const turn of [0, 1, 2]) {
    const each = runs[(at + turn) % runs.length];
    const before = process.cpuUsage();
    const results = (await each?.engine.write(group, each)) ?? [];
    const { user, system } = process.cpuUsage(before);
    if (each === undefined || at === 0) continue;
    each.cpu += (user + system) / 1000;
    each.results.push(...results);
  }
}
for (const { engine } of runs) await engine.release();

const [one, plain, scored] = runs;
if (one === undefined || plain === undefined || scored === undefined) throw new Error('three engines were opened');
let [kept, written, whole, differing, farthest] = [0, 0, 0, 0, 0];
for (const [at, { draft, final }] of scored.results.entries()) {
  const changed = draft.tokens.findIndex((token, i) => token !== final.tokens[i]);
  const agreed = changed === -1 ? draft.tokens.length : changed;
  kept += agreed;
  written += final.tokens.length;
  if (agreed === final.tokens.length && agreed === draft.tokens.length) whole++;
  const other = plain.results[at]?.final;
  if (String(other?.tokens) !== String(final.tokens)) differing++;
  else farthest = Math.max(farthest, Math.abs((other?.confidence ?? 0) - final.confidence));
}
const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`;
process.stdout.write(`${bundle.model.name} ${bundle.model.version}, ${pictures.length} pictures in groups of ${GROUP_SIZE}, one core
`);
for (const { name, cpu } of runs) {
  const ms = (cpu / pictures.length).toFixed(1);
  process.stdout.write(`${name.padEnd(36)}${ms.padStart(8)} ms a picture, ${(cpu / one.cpu).toFixed(3)} of one pass\n`);
}
process.stdout.write(`scored whole over decoded            ${(scored.cpu / plain.cpu).toFixed(3)}
drafts left unchanged                ${share(whole, pictures.length)}
tokens kept from the draft           ${share(kept, written)}
captions that differ                 ${differing}, farthest confidence of the others ${farthest.toExponential(1)} apart
`);
