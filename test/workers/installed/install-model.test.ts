import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadLocalModel } from '../../../src/workers/families/families.ts';
import * as install from '../../../src/workers/installed/install-model.ts';
import { listInstalled } from '../../../src/workers/installed/list-installed.ts';
import { modelNamed, type RegistryModel, readRegistry } from '../../../src/workers/installed/model-registry.ts';
import { entryFor, type FakeHub, fakeHub, type HubQuirk } from '../../support/fake-hub.ts';
import { HUB } from '../hub/reference.ts';

const TINY = join(HUB, 'vit-gpt2');
let root: string;
let state: string;
let model: RegistryModel;
const hubs: FakeHub[] = [];
const tried: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'secondglance-models-'));
  model = await entryFor(TINY, 'tiny', 'vision-encoder-decoder');
});
beforeEach(async () => {
  state = await mkdtemp(join(root, 'state-'));
  vi.stubEnv('SECONDGLANCE_STATE_DIR', state);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  tried.length = 0;
  for (const hub of hubs.splice(0)) await hub.close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function hubWith(...quirks: readonly HubQuirk[]): Promise<FakeHub> {
  const hub = await fakeHub(TINY, ...quirks);
  hubs.push(hub);
  return hub;
}

function optionsOf(hub: FakeHub | undefined, more: Partial<install.InstallOptions> = {}): install.InstallOptions {
  return {
    signal: new AbortController().signal,
    onProgress: () => undefined,
    tryOut: async (folder) => void tried.push(folder),
    hub: { endpoint: hub?.endpoint ?? 'http://127.0.0.1:1', token: undefined },
    retryMs: 1,
    ...more,
  };
}

const pull = (hub: FakeHub | undefined, more: Partial<install.InstallOptions> = {}, which = model) =>
  install.pullModel(which, optionsOf(hub, more));

/** Nothing is there that `--model tiny` could take. */
async function expectNotInstalled(): Promise<void> {
  expect(await listInstalled()).toEqual([]);
  await expect(install.installedFolder('tiny')).rejects.toMatchObject({ code: 'model-not-installed' });
}

test('a pull puts every file in its place, tries the model before that, and --model takes it', async () => {
  const seen: string[] = [];
  const record = await pull(await hubWith(), { onProgress: (file) => void seen.push(file) });
  expect(record).toMatchObject({ name: 'tiny', origin: 'owner/tiny', commit: 'c0ffee' });
  expect(new Set(seen)).toEqual(new Set(model.files.map(({ path }) => path)));
  expect(tried).toEqual([join(state, 'models/.tiny.pull')]);
  expect(await install.installedFolder('tiny')).toBe(join(state, 'models/tiny'));
  expect((await readdir(join(state, 'models'))).sort()).toEqual(['tiny']);
  expect((await loadLocalModel('tiny')).model.name).toBe('tiny');
  expect(await install.verifyFiles('tiny')).toBe(model.files.length);
  await writeFile(join(state, 'models/tiny/generation_config.json'), '{}');
  await expect(install.verifyFiles('tiny')).rejects.toMatchObject({ code: 'model-checksum' });
  await install.removeModel('tiny');
  await expectNotInstalled();
});

test('a connection that breaks goes on where it stopped; what was complete is not asked for again', async () => {
  const graph = 'onnx/decoder_model_merged.onnx';
  const bytes = await readFile(join(TINY, graph));
  let cut: (() => void) | undefined;
  const hub = await hubWith((request, response) => {
    if (request.path !== graph || cut !== undefined) return false;
    cut = () => response.destroy();
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, 1000));
    return true;
  });
  await pull(hub, { onProgress: (file, done) => (file === graph && done === 1000 ? cut?.() : undefined) });
  const ranges = hub.requests.filter(({ path }) => path === graph).map(({ range }) => range);
  expect(ranges).toEqual([undefined, 'bytes=1000-']);
  expect(await install.verifyFiles('tiny')).toBe(model.files.length);
});

test('an interrupted pull resumes in the next one', async () => {
  const graph = 'onnx/encoder_model.onnx';
  const bytes = await readFile(join(TINY, graph));
  const controller = new AbortController();
  const first = await hubWith((request, response) => {
    if (request.path !== graph) return false;
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, 2000));
    return true;
  });
  const stopped = pull(first, {
    signal: controller.signal,
    onProgress: (file, done) => {
      if (file === graph && done >= 2000) controller.abort(new Error('stop'));
    },
  });
  await expect(stopped).rejects.toThrow('stop');
  await expectNotInstalled();
  const second = await hubWith();
  await pull(second);
  const asked = second.requests.map(({ path, range }) => `${path} ${range}`);
  expect(asked).toContain(`${graph} bytes=2000-`);
  expect(asked).not.toContain('config.json undefined');
});

describe('what goes wrong is said, and nothing is half installed', () => {
  const status =
    (code: number): HubQuirk =>
    (_, response) => {
      response.writeHead(code).end();
      return true;
    };

  test.each([
    [401, 'model-gated', 'HF_TOKEN'],
    [403, 'model-gated', 'HF_TOKEN'],
    [404, 'model-gone', 'moved or renamed'],
    [429, 'hub-busy', 'limiting requests'],
    [502, 'hub-unreachable', '502'],
  ])('%i', async (code, error, words) => {
    const hub = await hubWith(status(code));
    await expect(pull(hub)).rejects.toMatchObject({ code: error, message: expect.stringContaining(words) });
    expect(hub.requests).toHaveLength(code === 429 || code >= 500 ? 5 : 1);
    await expectNotInstalled();
  });

  test('a wrong hash or size; the wrong file is not kept', async () => {
    const files = model.files.map((file) => (file.path === 'config.json' ? { ...file, sha256: '0'.repeat(64) } : file));
    const hub = await hubWith();
    const wrong = { ...model, files };
    await expect(pull(hub, {}, wrong)).rejects.toMatchObject({
      code: 'model-checksum',
      message: /expected 000000000000/,
    });
    const longer = { ...model, files: model.files.map((file) => ({ ...file, size: (file.size ?? 0) + 1 })) };
    await expect(pull(hub, {}, longer)).rejects.toMatchObject({ code: 'model-checksum', message: /bytes instead of/ });
    await expectNotInstalled();
    await pull(hub);
  });

  test('a revision that moves between two files', async () => {
    const hub = await hubWith((request, response) => {
      if (!request.path.startsWith('onnx/')) return false;
      response.writeHead(200, { 'x-repo-commit': 'facade' });
      void readFile(join(TINY, request.path)).then((bytes) => response.end(bytes));
      return true;
    });
    await expect(pull(hub)).rejects.toMatchObject({ code: 'model-moved', retryable: true });
    await expectNotInstalled();
  });

  test('a model that answers nonsense', async () => {
    const hub = await hubWith();
    await expect(pull(hub, { tryOut: () => Promise.reject(new Error('noise')) })).rejects.toThrow('noise');
    await expectNotInstalled();
    // What was downloaded is used by the next attempt.
    const again = await hubWith();
    await pull(again);
    expect(again.requests).toEqual([]);
  });

  test('a hub that cannot be reached', async () => {
    const gone = await fakeHub(TINY);
    await gone.close();
    await expect(pull(gone)).rejects.toMatchObject({
      code: 'hub-unreachable',
      message: expect.stringMatching(/ECONNREFUSED.*HF_ENDPOINT/),
    });
  });

  test('a full disk', async () => {
    const hub = await hubWith();
    // A device on which every write says that it is full.
    await mkdir(join(state, 'models/.tiny.pull'), { recursive: true });
    const { symlink } = await import('node:fs/promises');
    await symlink('/dev/full', join(state, 'models/.tiny.pull/config.json.part'));
    await expect(pull(hub)).rejects.toMatchObject({ code: 'output-full' });
    await expectNotInstalled();
  });

  test('two pulls at once', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hub = await hubWith();
    const first = pull(hub, { tryOut: () => held });
    while (!(await exists(join(state, 'models/.tiny.pull.lock'))))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(pull(hub)).rejects.toMatchObject({ code: 'model-busy' });
    release();
    await first;
    expect(await listInstalled()).toEqual(['tiny']);
  });

  test('a licence that is not open', async () => {
    const closed = { ...model, licence: { name: 'apple-amlr', open: false } };
    const hub = await hubWith();
    await expect(pull(hub, {}, closed)).rejects.toMatchObject({
      code: 'model-licence',
      message: expect.stringMatching(/apple-amlr.*owner\/tiny.*--accept-licence/),
    });
    expect(hub.requests).toEqual([]);
    await pull(hub, { acceptLicence: true }, closed);
  });
});

test('HF_ENDPOINT, HF_TOKEN and proxies', async () => {
  expect(install.hubPlace({})).toEqual({ endpoint: 'https://huggingface.co', token: undefined });
  const hub = await hubWith();
  vi.stubEnv('HF_ENDPOINT', `${hub.endpoint}/`);
  vi.stubEnv('HF_TOKEN', 'hf_secret');
  await pull(hub, { hub: install.hubPlace() });
  expect(new Set(hub.requests.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_secret']));

  let tunnels = 0;
  const proxy = createServer().on('connect', (_, client) => {
    tunnels++;
    const server = connect(Number(new URL(hub.endpoint).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    server.on('error', () => client.destroy());
    client.on('error', () => server.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
  vi.stubEnv('http_proxy', `http://127.0.0.1:${port}`);
  vi.stubEnv('NO_PROXY', '');
  vi.stubEnv('no_proxy', '');
  await install.removeModel('tiny');
  await pull(undefined, { hub: { endpoint: 'http://hub.example', token: undefined } });
  expect(tunnels).toBeGreaterThan(0);
  proxy.closeAllConnections();
  proxy.close();
});

test('--from: a folder that was copied by hand, whole or without its onnx folder', async () => {
  await pull(undefined, { from: TINY });
  expect(await install.verifyFiles('tiny')).toBe(model.files.length);
  await install.removeModel('tiny');
  const flat = join(root, 'flat');
  await cp(TINY, flat, { recursive: true });
  await cp(join(TINY, 'onnx'), flat, { recursive: true });
  await rm(join(flat, 'onnx'), { recursive: true });
  await pull(undefined, { from: flat });
  expect(await listInstalled()).toEqual(['tiny']);
  await rm(join(flat, 'config.json'));
  await expect(pull(undefined, { from: flat })).rejects.toMatchObject({ code: 'model-gone' });
  expect(await listInstalled()).toEqual(['tiny']);
});

test('import takes a folder of a known family only', async () => {
  await install.importModel(TINY, 'mine', optionsOf(undefined));
  expect((await loadLocalModel('mine')).model.name).toBe('mine');
  await expect(install.importModel(root, 'other', optionsOf(undefined))).rejects.toMatchObject({
    code: 'model-unknown',
  });
  expect(await listInstalled()).toEqual(['mine']);
});

test('the registry is valid: known families, sizes and hashes where they are known', async () => {
  const models = await readRegistry();
  expect(new Set(models.map(({ name }) => name)).size).toBe(models.length);
  for (const { files } of models) expect(files.map(({ path }) => path)).toContain('tokenizer.json');
  expect(modelNamed(models, 'florence2-base-ft').licence).toEqual({ name: 'MIT', open: true });
  expect(() => modelNamed(models, 'nothing')).toThrow(/there are florence2-base-ft/);
});

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
