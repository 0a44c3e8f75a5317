import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFolder, DEFAULT_BUNDLE, listBundles, loadBundle } from '../../../src/workers/bundle/bundle.ts';
import { openEngine } from '../../../src/workers/bundle/engine.ts';
import { BundleError, type BundleErrorCode } from '../../../src/workers/errors.ts';
import { externalise } from '../../support/onnx.ts';
import { buildTinyBundle, COLOURS, TEXTS } from '../../support/tiny-bundle.ts';
import { tinyGroup } from '../../support/tiny-groups.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-bundle-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** The error that loading gives, checked to be of this room and to be one sentence or two that name the place. */
async function refusal(folder: string): Promise<BundleError> {
  const error = await loadBundle(folder).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BundleError)) throw new Error(`expected a BundleError, got ${String(error)}`);
  expect(error.message).not.toContain('\n');
  expect(error.retryable).toBe(false);
  return error;
}

/** Builds a bundle and changes its bundle.json. */
async function altered(name: string, alter: (manifest: Record<string, unknown>) => unknown): Promise<string> {
  const folder = await buildTinyBundle(join(home, name));
  const path = join(folder, 'bundle.json');
  await writeFile(path, JSON.stringify(alter(JSON.parse(await readFile(path, 'utf8')))));
  return folder;
}

test('a sound bundle: what it says, where its files are, and who it is', async () => {
  const folder = await buildTinyBundle(join(home, 'sound'), { name: 'tiny-one' });
  const bundle = await loadBundle(folder);
  const sha256 = createHash('sha256')
    .update(await readFile(join(folder, 'bundle.json')))
    .digest('hex');
  expect(bundle.model).toEqual({ name: 'tiny-one', version: '1', sha256 });
  expect(bundle.image).toEqual({ width: 16, height: 16, resize: 'stretch', filter: 'bilinear', matrix: 'bt601' });
  expect(bundle.files.encoder).toBe(join(folder, 'encoder.onnx'));
  expect(bundle.files.tokenizer).toBe(join(folder, 'tokenizer.json'));
  expect(bundle.manifest.ids).toEqual({ pad: 0, bos: 1, eos: 2, draft: 3 });
});

test('another description is another identity, though every graph is the same', async () => {
  const one = await loadBundle(await buildTinyBundle(join(home, 'beams-3')));
  const two = await loadBundle(await buildTinyBundle(join(home, 'beams-1'), { generation: { beams: 1 } }));
  expect(two.model.sha256).not.toBe(one.model.sha256);
});

test.each<[NonNullable<Parameters<typeof buildTinyBundle>[1]>['damage'], BundleErrorCode, RegExp]>([
  ['checksum', 'bundle-checksum', /decoder\.onnx is damaged .*sha256 [0-9a-f]{12}…, expected [0-9a-f]{12}….*fetch/],
  ['missing', 'bundle-file-missing', /decoder\.onnx is missing: fetch/],
  ['format', 'bundle-format', /format 99, .* reads formats 1 and 2: update secondglance/],
  ['json', 'bundle-invalid', /bundle\.json is not JSON/],
  ['field', 'bundle-invalid', /image\.width: /],
])('damage %s is %s', async (damage, code, sentence) => {
  const folder = await buildTinyBundle(join(home, `damage-${damage}`), damage === undefined ? {} : { damage });
  const error = await refusal(folder);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(sentence);
  expect(error.message).toContain(folder);
});

test('every wrong field is named, not only the first', async () => {
  const folder = await altered('fields', ({ tokenizer: _, ...rest }) => ({
    ...rest,
    name: 'No Name',
    ids: { pad: 0, bos: 0, eos: 2, draft: 999 },
  }));
  const { code, message } = await refusal(folder);
  expect(code).toBe('bundle-invalid');
  expect(message).toMatch(/name: .*tokenizer: /);
  const ids = await refusal(await altered('ids', (m) => ({ ...m, ids: { pad: 0, bos: 0, eos: 2, draft: 999 } })));
  expect(ids.message).toMatch(/ids: .*dims\.vocab.*ids: .*different/);
  const nothing = await refusal(await buildTinyBundle(join(home, 'nothing-left'), { generation: { centerCrop: 8 } }));
  expect(nothing.message).toMatch(/generation\.centerCrop: must be less than half/);
});

test('a file outside the folder cannot be named', async () => {
  const folder = await altered('outside', (m) => ({
    ...m,
    tokenizer: { file: '../sound/tokenizer.json', sha256: '0'.repeat(64) },
  }));
  expect((await refusal(folder)).message).toMatch(/tokenizer\.file: must be a plain file name/);
});

test('a format from before this one asks for a newer bundle', async () => {
  expect((await refusal(await altered('old', (m) => ({ ...m, format: 0 })))).message).toMatch(/use a newer bundle/);
});

test('format 1 is read: the same graphs under other names', async () => {
  const folder = await altered('format-1', (manifest) => {
    const { decoder, ...graphs } = manifest.graphs as Record<string, object>;
    return {
      ...manifest,
      format: 1,
      graphs: { ...graphs, decoder, rewriter: decoder },
      generation: { ...(manifest.generation as object), closer: 4, bothLooks: true },
    };
  });
  const { manifest, files } = await loadBundle(folder);
  expect(files.secondDecoder).toBe(join(folder, 'decoder.onnx'));
  expect(manifest.generation).toMatchObject({ centerCrop: 4, bothPasses: true, readsDraft: true });
});

test('a detail graph and its channels are given together', async () => {
  const folder = await buildTinyBundle(join(home, 'detail'), { detail: true });
  expect((await loadBundle(folder)).files.detail).toBe(join(folder, 'detail.onnx'));
  const path = join(folder, 'bundle.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  const { detail: _, ...dims } = manifest.dims;
  await writeFile(path, JSON.stringify({ ...manifest, dims }));
  expect((await refusal(folder)).message).toMatch(/dims\.detail: must be given together with graphs\.detail/);
});

test('no such name or folder: the message lists what there is', async () => {
  const known = (await listBundles()).map(({ name }) => name);
  for (const name of ['no-such-bundle', join(home, 'nothing-here')]) {
    const error = await refusal(name);
    expect(error.code).toBe('bundle-missing');
    expect(error.message).toContain(known.length === 0 ? 'no bundle is installed' : known.join(', '));
  }
});

test('a file that the system refuses to read is not called missing', async () => {
  const folder = await buildTinyBundle(join(home, 'refused'));
  await rm(join(folder, 'encoder.onnx'));
  await mkdir(join(folder, 'encoder.onnx'));
  const graph = await refusal(folder);
  expect([graph.code, graph.message]).toEqual(['bundle-unreadable', expect.stringContaining('EISDIR')]);
  await rm(join(folder, 'bundle.json'));
  await mkdir(join(folder, 'bundle.json'));
  expect((await refusal(folder)).code).toBe('bundle-unreadable');
});

test("a provider's own graph wins over the default one", async () => {
  const folder = await altered('cuda', (manifest) => {
    const { decoder, ...graphs } = manifest.graphs as Record<string, { default: object }>;
    return { ...manifest, graphs: { ...graphs, decoder: { ...decoder, cuda: graphs.encoder?.default } } };
  });
  expect((await loadBundle(folder, { provider: 'cuda' })).files.decoder).toBe(join(folder, 'encoder.onnx'));
  expect((await loadBundle(folder)).files.decoder).toBe(join(folder, 'decoder.onnx'));
});

/** Takes the weights of a bundle's graphs out into files of their own, as large graphs have them, and lists those. */
async function takenApart(name: string): Promise<string> {
  const folder = await buildTinyBundle(join(home, name));
  const manifest = JSON.parse(await readFile(join(folder, 'bundle.json'), 'utf8'));
  const entry = (file: string, bytes: Uint8Array) => {
    return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  for (const graphName of ['encoder', 'deeplens', 'decoder']) {
    const [file, beside] = [`${graphName}.onnx`, `${graphName}.onnx_data`];
    const { graph, weights } = externalise(await readFile(join(folder, file)), beside);
    await writeFile(join(folder, file), graph);
    await writeFile(join(folder, beside), weights);
    manifest.graphs[graphName].default = { ...entry(file, graph), data: [entry(beside, weights)] };
  }
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(manifest));
  return folder;
}

test('graphs whose weights stand in files of their own: listed, checked, and run', async () => {
  const folder = await takenApart('apart');
  const bundle = await loadBundle(folder);
  expect(bundle.data).toEqual(['encoder', 'deeplens', 'decoder'].map((name) => join(folder, `${name}.onnx_data`)));
  const engine = await openEngine(bundle);
  try {
    const captions = await engine.caption(tinyGroup(COLOURS), { passes: 2 });
    expect(captions.map(({ draft, text }) => ({ draft, text }))).toEqual(COLOURS.map((colour) => TEXTS[colour]));
  } finally {
    await engine.release();
  }
});

test('weights that are damaged or missing are a damaged or missing file', async () => {
  const folder = await takenApart('apart-damaged');
  const weights = join(folder, 'decoder.onnx_data');
  const bytes = await readFile(weights);
  bytes[7] = (bytes[7] ?? 0) ^ 1;
  await writeFile(weights, bytes);
  expect(await refusal(folder)).toMatchObject({ code: 'bundle-checksum', message: expect.stringContaining(weights) });
  await rm(weights);
  expect(await refusal(folder)).toMatchObject({ code: 'bundle-file-missing' });
});

test('the confidence below which captions are left out: none, unless the bundle brings one', async () => {
  const plain = await loadBundle(await buildTinyBundle(join(home, 'all-kept')));
  expect(plain.manifest.generation.minConfidence).toBe(0);
  const own = await loadBundle(await buildTinyBundle(join(home, 'threshold'), { generation: { minConfidence: 0.4 } }));
  expect(own.manifest.generation.minConfidence).toBe(0.4);
  const wrong = await buildTinyBundle(join(home, 'wrong'), { generation: { minConfidence: 40 } });
  expect((await refusal(wrong)).message).toMatch(/generation\.minConfidence: /);
});

test('the name of a bundle that was replaced means its successor', () => {
  expect(bundleFolder('flickr-small')).toBe(bundleFolder('everyday-small'));
});

test('the bundles of the package are listed by name', async () => {
  const names = (await listBundles()).map(({ name }) => name);
  expect(names).toEqual([...names].sort());
});

describe.runIf((await listBundles()).some(({ name }) => name === DEFAULT_BUNDLE))('the default bundle', () => {
  test('is whole', async () => {
    expect((await loadBundle(DEFAULT_BUNDLE)).model.name).toBe(DEFAULT_BUNDLE);
  });
});
