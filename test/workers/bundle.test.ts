import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_BUNDLE, listBundles, loadBundle } from '../../src/workers/bundle.ts';
import { BundleError, type BundleErrorCode } from '../../src/workers/errors.ts';
import { buildTinyBundle } from '../support/tiny-bundle.ts';

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
  ['format', 'bundle-format', /format 99, .* reads format 1: update secondglance/],
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
});

test('a file outside the folder cannot be named', async () => {
  const folder = await altered('outside', (m) => ({
    ...m,
    tokenizer: { file: '../sound/tokenizer.json', sha256: '0'.repeat(64) },
  }));
  expect((await refusal(folder)).message).toMatch(/tokenizer\.file: must be a plain file name/);
});

test('a format from before this one asks for a newer bundle', async () => {
  expect((await refusal(await altered('old', (m) => ({ ...m, format: 0 })))).message).toMatch(/take a newer bundle/);
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

test('the bundles of the package are listed by name', async () => {
  const names = (await listBundles()).map(({ name }) => name);
  expect(names).toEqual([...names].sort());
});

describe.runIf((await listBundles()).some(({ name }) => name === DEFAULT_BUNDLE))('the default bundle', () => {
  test('is whole', async () => {
    expect((await loadBundle(DEFAULT_BUNDLE)).model.name).toBe(DEFAULT_BUNDLE);
  });
});
