import { readFile } from 'node:fs/promises';
import path, { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Bundle, loadBundle } from '../../src/workers/bundle/bundle.ts';
import { openEngine, type TwoPassResult } from '../../src/workers/bundle/engine.ts';
import { formulaPicture, formulaSchema } from './formula-picture.ts';

/*
 * The same pictures through Python and through this runtime. A bundle's fixture is written by training/parity.py; its pictures are
 * made by a formula, so no picture of the training data is needed.
 */
const FIXTURES = fileURLToPath(new URL('../fixtures/parity/', import.meta.url));
const RUNS = fileURLToPath(new URL('../../training/runs/', import.meta.url));

const captioned = z.object({ draft: z.array(z.int()), text: z.array(z.int()), confidence: z.number() });
const searched = z.object({ greedy: captioned, beam: captioned });
const fixtureSchema = z.object({
  bundle: z.string(),
  graphs: z.object({ encoder: z.string() }).catchall(z.string()),
  /** Graphs whose weights are quantised in the bundle: there the shipped graphs need not agree with PyTorch. */
  quantized: z.array(z.string()),
  pictures: z.array(
    z.object({
      picture: formulaSchema,
      checksum: z.int(),
      /** By Python's onnxruntime with the bundle's graphs. */
      shipped: searched,
      /** By PyTorch with weights that are not quantised. */
      pytorch: searched,
      caption: z.string(),
    }),
  ),
});
type Fixture = z.infer<typeof fixtureSchema>;
type Search = 'greedy' | 'beam';
const BEAMS = { greedy: 1, beam: 3 } as const;

/** The captions of the fixture's pictures with a number of beams. */
async function captionAll(bundle: Bundle, fixture: Fixture, beams: number): Promise<readonly TwoPassResult[]> {
  const generation = { ...bundle.manifest.generation, beams };
  const engine = await openEngine({ ...bundle, manifest: { ...bundle.manifest, generation } });
  try {
    return await engine.write(
      fixture.pictures.map(({ picture }) => formulaPicture(picture, bundle.image)),
      { passes: 2 },
    );
  } finally {
    await engine.release();
  }
}

async function expectSame(bundle: Bundle, fixture: Fixture, by: 'shipped' | 'pytorch', search: Search): Promise<void> {
  const found = await captionAll(bundle, fixture, BEAMS[search]);
  const tokens = found.map(({ draft, final }) => ({ draft: draft.tokens, text: final.tokens }));
  expect(tokens).toEqual(
    fixture.pictures.map(
      ({
        [by]: {
          [search]: { draft, text },
        },
      }) => ({ draft, text }),
    ),
  );
  for (const [i, { [by]: expected }] of fixture.pictures.entries()) {
    expect(found[i]?.final.confidence).toBeCloseTo(expected[search].confidence, 2);
  }
}

/** Which search is compared with which of Python's runtimes. */
export interface Comparisons {
  readonly shipped: readonly Search[];
  readonly pytorch: readonly Search[];
}

async function fixtureOf(name: string): Promise<Fixture> {
  return fixtureSchema.parse(JSON.parse(await readFile(path.join(FIXTURES, `${name}.json`), 'utf8')));
}

/** Tests that the fixture of a bundle belongs to it, and to this code. */
export async function checkFixture(name: string): Promise<void> {
  const fixture = await fixtureOf(name);
  const bundle = await loadBundle(name);

  test('the fixture was made with the graphs that are shipped', () => {
    const graphs = Object.entries(bundle.manifest.graphs).map(([name, graph]) => [name, graph?.default.sha256]);
    expect(Object.fromEntries(graphs), 'run training/export.py with --parity').toEqual(fixture.graphs);
  });

  test('the formula gives the same pictures here', () => {
    const sums = fixture.pictures.map(({ picture }) =>
      formulaPicture(picture, bundle.image).reduce((sum, value) => sum + value, 0),
    );
    expect(sums).toEqual(fixture.pictures.map(({ checksum }) => checksum));
  });
}

/** Tests that a bundle gives the captions of its fixture. */
export async function checkParity(name: string, { shipped, pytorch }: Comparisons): Promise<void> {
  const fixture = await fixtureOf(name);
  const bundle = await loadBundle(name);

  test.each(shipped)("%s: the shipped graphs give the tokens that Python's onnxruntime gives", async (search) => {
    await expectSame(bundle, fixture, 'shipped', search);
  });

  // The fp32 graphs of the same checkpoint: the bundle's own where nothing is quantised, else those that an export leaves beside it.
  const exported = globSync('*/fp32/bundle.json', { cwd: RUNS, absolute: true }).map((path) => dirname(path));
  const candidates = fixture.quantized.length === 0 ? [bundle.folder] : exported;
  const exact: Bundle[] = [];
  for (const folder of candidates) {
    const candidate = await loadBundle(folder).catch(() => undefined);
    if (candidate?.manifest.graphs.encoder.default.sha256 === fixture.graphs.encoder) exact.push(candidate);
  }
  test.runIf(exact.length > 0).each(pytorch)('%s: fp32 graphs give the tokens that PyTorch gives', async (search) => {
    for (const each of exact) await expectSame(each, fixture, 'pytorch', search);
  });
}
