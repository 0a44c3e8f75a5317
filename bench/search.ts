/**
 * How long a search takes in an archive of a million cues: common and rare words, phrases, one camera, a time range, and
 * queries without hits. Each runs many times, in turn with the others; prints the median and the 95th percentile in
 * milliseconds, and the number of hits (100 at most).
 *
 *   npx tsx bench/search.ts [--cues 1000000] [--times 50] [--state FILE, kept and used again]
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Database, openDatabase } from '../src/archive/index/database.ts';
import { IndexWriter } from '../src/archive/index/index-cues.ts';
import { type SearchRequest, searchCues } from '../src/archive/index/search-cues.ts';
import { addRecording } from '../src/archive/recordings/recordings.ts';
import { beginSession } from '../src/archive/recordings/work-sessions.ts';
import type { Caption, Cue } from '../src/core/types.ts';

const CAMERAS = ['front', 'garden', 'garage', 'street'];
const CUES_A_RECORDING = 1000;
/** A cue every 6 seconds, from four cameras: a million of them are 17 days. */
const STEP_MS = 6000;
const FIRST = Date.UTC(2026, 0, 1);

/** Numbers from 0 to 1, the same in every run (a linear congruential generator, Numerical Recipes' constants). */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const PEOPLE = ['a man', 'a woman', 'two men', 'a boy', 'a group of people', 'a girl', 'a child', 'a person'];
const THINGS = ['a dog', 'a dog', 'a dog', 'a car', 'a bicycle', 'a ball', 'a cat', 'a van', 'a ladder', 'a bag'];
const DOES = ['walks with', 'stands by', 'looks at', 'runs after', 'carries', 'sits near'];
const PLACES = ['the gate', 'the street', 'a brick wall', 'the grass', 'a wooden fence', 'the stairs', 'parked cars'];
const COLOURS = ['red', 'blue', 'black', 'white', 'green', 'brown'];

/** Sentences as a small captioner writes them; in one of 100,000 a rare word. */
function sentences(next: () => number): () => string {
  const of = (words: readonly string[]): string => words[Math.floor(next() * words.length)] ?? '';
  return () => {
    const rare = next() < 1e-5 ? ' holding an umbrella' : '';
    return `${of(PEOPLE)} in a ${of(COLOURS)} shirt ${of(DOES)} ${of(THINGS)} near ${of(PLACES)}${rare}`;
  };
}

async function fill(db: Database, file: string, count: number): Promise<void> {
  const session = beginSession(db, undefined);
  const next = numbers();
  const sentence = sentences(next);
  for (let made = 0, at = 0; made < count; made += CUES_A_RECORDING, at += 1) {
    const camera = CAMERAS[at % CAMERAS.length] ?? '';
    const start = FIRST + Math.floor(at / CAMERAS.length) * CUES_A_RECORDING * STEP_MS;
    const name = `${camera}-${start}`;
    const found = {
      ...{ content: name, path: `/recordings/${camera}/${start}.mp4`, root: '/recordings', camera },
      ...{ size: 1, start, startFrom: 'name' as const, duration: CUES_A_RECORDING * STEP_MS },
    };
    const recording = addRecording(db, found);
    if (recording === undefined) throw new Error(`${name} is there already`);
    const captioned = {
      frames: 'motion',
      passes: 2 as const,
      track: `${found.path}.vtt`,
      began: performance.now(),
      session,
    };
    const writer = new IndexWriter(db, file, recording, captioned, () => undefined);
    for (let index = 0; index < CUES_A_RECORDING; index += 1) {
      const text = sentence();
      const pts = index * STEP_MS * 1000;
      const caption: Caption = {
        ...{ video: name, index, pts, still: false, draft: text, text },
        ...{ confidence: 0.5, passes: 2 },
      };
      await writer.caption(caption);
      const cue: Cue = { start: pts, end: pts + STEP_MS * 1000, text, from: [index] };
      await writer.cue(cue);
    }
    await writer.finish({ end: 0 });
  }
}

const { values } = parseArgs({
  options: {
    cues: { type: 'string', default: '1000000' },
    times: { type: 'string', default: '50' },
    state: { type: 'string' },
  },
});
const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-bench-'));
const file = path.resolve(values.state ?? path.join(folder, 'cameras.db'));
const filled = existsSync(file);
const db = openDatabase(file, { create: true });
try {
  const began = performance.now();
  if (!filled) await fill(db, file, Number(values.cues));
  const { n } = db.prepare('SELECT count(*) AS n FROM cues').get() as { n: number };
  const seconds = filled ? '' : `, entered in ${((performance.now() - began) / 1000).toFixed(0)} s`;
  process.stdout.write(`${n} cues, ${((await stat(file)).size / 2 ** 20).toFixed(0)} MiB${seconds}\n\n`);

  const last = FIRST + Math.ceil(n / CAMERAS.length) * STEP_MS;
  const day = 86_400_000;
  const queries: readonly (readonly [string, Omit<SearchRequest, 'limit'>])[] = [
    ['a common word', { words: 'dogs' }],
    ['two common words', { words: 'dog gate' }],
    ['three common words', { words: 'dog near gate' }],
    ['a rare word', { words: 'umbrella' }],
    ['a rare and a common word', { words: 'umbrella dog' }],
    ['a phrase', { words: '"a dog near the gate"' }],
    ['a phrase that never occurs, of common words', { words: '"gate the near dog a"' }],
    ['words that never meet', { words: 'umbrella "two men in a red shirt" bicycle' }],
    ['a word that never occurs', { words: 'zebra' }],
    ['a common word, one camera', { words: 'dog', camera: 'garden' }],
    ['a rare word, one camera', { words: 'umbrella', camera: 'garden' }],
    ['a common word, the last day', { words: 'dog', since: last - day }],
    ['a common word, one old day', { words: 'dog', since: FIRST + day, until: FIRST + 2 * day }],
    ['a rare word, the last day', { words: 'umbrella', since: last - day }],
    ['common words, one camera, one day', { words: 'dog gate', camera: 'street', since: last - 2 * day, until: last }],
  ];
  const times = queries.map((): number[] => []);
  const hits = queries.map(() => 0);
  for (let turn = 0; turn < Number(values.times); turn += 1) {
    for (const [at, [, request]] of queries.entries()) {
      const asked = performance.now();
      hits[at] = searchCues(db, file, { ...request, limit: 100 }).length;
      times[at]?.push(performance.now() - asked);
    }
  }
  process.stdout.write('| query | hits | median ms | 95 % ms |\n| --- | --- | --- | --- |\n');
  for (const [at, [name]] of queries.entries()) {
    const sorted = (times[at] ?? []).sort((a, b) => a - b);
    const of = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2);
    process.stdout.write(`| ${name} | ${hits[at]} | ${of(0.5)} | ${of(0.95)} |\n`);
  }
} finally {
  db.close();
  await rm(folder, { recursive: true, force: true });
}
