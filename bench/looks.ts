/**
 * What a second look costs, and what scoring the draft whole instead of decoding it anew saves: one look, two looks without and with it, on
 * one core, in one process and in turns, so that whatever else the machine does meets all three alike.
 *
 *   node --import tsx bench/looks.ts FOLDER [--pictures 200] [--model NAME|PATH]
 *
 * FOLDER has pictures of the kind that the model knows: how often the second look agrees with the draft decides. CPU time of this process, whose
 * sessions have one thread each. Checks on the way that both ways of a second look write the same.
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
if (folder === undefined) throw new Error('Name a folder of pictures: node --import tsx bench/looks.ts FOLDER');

const bundle = await loadBundle(values.model);
const pictures = await readPictures(folder, bundle.image, Number(values.pictures));
const variants = [
  { name: 'one look', passes: 1, engine: await openEngine(bundle) },
  { name: 'two looks, every token decoded', passes: 2, engine: await openEngine(bundle, { scoreDrafts: false }) },
  { name: 'two looks, the draft scored whole', passes: 2, engine: await openEngine(bundle) },
] as const;
const runs = variants.map((each) => ({ ...each, cpu: 0, looked: [] as TwoPassResult[] }));

// Which of them is the first of a group changes from group to group; the first group of all warms up.
for (const [at, group] of [inGroups(pictures, GROUP_SIZE)[0] ?? [], ...inGroups(pictures, GROUP_SIZE)].entries()) {
  for (const turn of [0, 1, 2]) {
    const each = runs[(at + turn) % runs.length];
    const before = process.cpuUsage();
    const looked = (await each?.engine.write(group, each)) ?? [];
    const { user, system } = process.cpuUsage(before);
    if (each === undefined || at === 0) continue;
    each.cpu += (user + system) / 1000;
    each.looked.push(...looked);
  }
}
for (const { engine } of runs) await engine.release();

const [one, plain, scored] = runs;
if (one === undefined || plain === undefined || scored === undefined) throw new Error('three engines were opened');
let [kept, written, whole, differing, farthest] = [0, 0, 0, 0, 0];
for (const [at, { draft, final }] of scored.looked.entries()) {
  const changed = draft.tokens.findIndex((token, i) => token !== final.tokens[i]);
  const agreed = changed === -1 ? draft.tokens.length : changed;
  kept += agreed;
  written += final.tokens.length;
  if (agreed === final.tokens.length && agreed === draft.tokens.length) whole++;
  const other = plain.looked[at]?.final;
  if (String(other?.tokens) !== String(final.tokens)) differing++;
  else farthest = Math.max(farthest, Math.abs((other?.confidence ?? 0) - final.confidence));
}
const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`;
process.stdout.write(`${bundle.model.name} ${bundle.model.version}, ${pictures.length} pictures in groups of ${GROUP_SIZE}, one core
`);
for (const { name, cpu } of runs) {
  const ms = (cpu / pictures.length).toFixed(1);
  process.stdout.write(`${name.padEnd(36)}${ms.padStart(8)} ms a picture, ${(cpu / one.cpu).toFixed(3)} of one look\n`);
}
process.stdout.write(`scored whole over decoded            ${(scored.cpu / plain.cpu).toFixed(3)}
drafts that stand as they are        ${share(whole, pictures.length)}
tokens kept from the draft           ${share(kept, written)}
captions that differ                 ${differing}, farthest confidence of the others ${farthest.toExponential(1)} apart
`);
