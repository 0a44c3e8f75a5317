import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { defaultStateDir, stateDir } from '../../src/config/state-folder.ts';
import { makeFolder } from '../support/videos.ts';

let root: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  root = await makeFolder();
});
afterAll(() => root.remove());

/** A folder of its own with the given files. */
async function place(name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = path.join(root.path, name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text);
  return folder;
}

describe('settings', () => {
  test('defaults: closed, off, and Redis on this machine', async () => {
    const { settings, origins } = await loadSettings({ flags: {}, env: {}, cwd: await place('defaults') });
    expect(settings).toEqual({
      redisUrl: 'redis://127.0.0.1:6379',
      redisPrefix: 'secondglance',
      allowPaths: [],
      allowUrls: [],
      frameStore: 'redis',
      inFlight: 64,
      inFlightPerVideo: 8,
      workerConcurrency: undefined,
      device: 'auto',
      ...{ baseUrl: undefined, prompt: undefined, promptFile: undefined, detail: 'brief' },
      ...{ pictureSize: 768, pictureQuality: 85, serverConcurrency: 2, serverRate: undefined, serverTimeout: 300 },
      http: undefined,
      logLevel: 'info',
      boardPassword: undefined,
      webhook: undefined,
      mqtt: undefined,
      mqttDiscovery: 'homeassistant',
      stateDir: defaultStateDir(),
    });
    expect(new Set(Object.values(origins))).toEqual(new Set(['default']));
  });

  test('the command line goes before the environment, that before the file, that before the defaults', async () => {
    const cwd = await place('order', {
      'secondglance.config.json': JSON.stringify({ inFlight: 3, inFlightPerVideo: 2, redisPrefix: 'file', http: 9000 }),
    });
    const { settings, origins } = await loadSettings({
      flags: { inFlight: '5' },
      env: { SECONDGLANCE_IN_FLIGHT: '4', SECONDGLANCE_REDIS_PREFIX: 'env', SECONDGLANCE_IN_FLIGHT_PER_VIDEO: '' },
      cwd,
    });
    expect(settings).toMatchObject({
      inFlight: 5,
      inFlightPerVideo: 2,
      redisPrefix: 'env',
      http: { host: '127.0.0.1', port: 9000 },
      logLevel: 'info',
    });
    expect(origins).toMatchObject({
      inFlight: '--in-flight',
      inFlightPerVideo: path.join(cwd, 'secondglance.config.json'),
      redisPrefix: 'SECONDGLANCE_REDIS_PREFIX',
      logLevel: 'default',
    });
  });

  test('paths in a file start from its folder; those of the command line from the current one', async () => {
    const above = await place('above', {
      'secondglance.config.mjs':
        'export default { allowPaths: ["films", "/srv"], allowUrls: ["https://a.example/v/"] };',
    });
    const cwd = await place('above/below');
    const fromFile = await loadSettings({ flags: {}, env: {}, cwd });
    expect(fromFile.settings.allowPaths).toEqual([path.join(above, 'films'), '/srv']);
    expect(fromFile.settings.allowUrls).toEqual(['https://a.example/v/']);
    const fromLine = await loadSettings({ flags: { allowPaths: 'films:/x' }, env: {}, cwd });
    expect(fromLine.settings.allowPaths).toEqual([path.join(cwd, 'films'), '/x']);
  });

  test('the state folder is a matter of the environment, for every command and for the library', async () => {
    const cwd = await place('state');
    const env = { SECONDGLANCE_STATE_DIR: 'own/state' };
    const { settings, origins } = await loadSettings({ flags: {}, env, cwd });
    expect(settings.stateDir).toBe(path.resolve('own/state'));
    expect(origins.stateDir).toBe('SECONDGLANCE_STATE_DIR');
    vi.stubEnv('SECONDGLANCE_STATE_DIR', 'own/state');
    expect(stateDir()).toBe(settings.stateDir);
    vi.stubEnv('SECONDGLANCE_STATE_DIR', '');
    expect(stateDir()).toBe(defaultStateDir());
    vi.unstubAllEnvs();
    const inFile = await place('state in a file', { 'secondglance.config.json': '{"stateDir": "/srv/state"}' });
    await expect(loadSettings({ flags: {}, env: {}, cwd: inFile })).rejects.toThrow(
      /config\.json: stateDir is set in the environment only, as SECONDGLANCE_STATE_DIR$/,
    );
  });

  test('where notifications go', async () => {
    const cwd = await place('notifications', {
      'secondglance.config.json': '{"webhook": "https://a.example/hook", "mqtt": "mqtt://broker/cams"}',
    });
    const { settings } = await loadSettings({ flags: {}, env: { SECONDGLANCE_MQTT: 'mqtts://other/cams' }, cwd });
    expect(settings).toMatchObject({ webhook: 'https://a.example/hook', mqtt: 'mqtts://other/cams' });
    const wrong = async (flags: object, env = {}) => loadSettings({ flags, env, cwd });
    await expect(wrong({ webhook: 'ftp://:hunter22@x' })).rejects.toThrow(
      /^--webhook: not a URL that begins with http:\/\/ or https:\/\/$/,
    );
    await expect(wrong({}, { SECONDGLANCE_MQTT: 'broker' })).rejects.toThrow(/^SECONDGLANCE_MQTT: not a URL/);
  });

  test('where HTTP is answered', async () => {
    const cwd = await place('http');
    const of = async (http: string) => (await loadSettings({ flags: { http }, env: {}, cwd })).settings.http;
    expect(await of('9464')).toEqual({ host: '127.0.0.1', port: 9464 });
    expect(await of('0.0.0.0:80')).toEqual({ host: '0.0.0.0', port: 80 });
    expect(await of('[::]:80')).toEqual({ host: '::', port: 80 });
    for (const wrong of ['x', '70000', 'a b:80', ':80', '::80'])
      await expect(of(wrong)).rejects.toThrow('--http: give');
  });

  test('one sentence says what cannot be, and where it comes from', async () => {
    const cwd = await place('wrong');
    const refused = (env: Record<string, string>, flags = {}) => loadSettings({ flags, env, cwd });
    await expect(refused({}, { inFlight: '0' })).rejects.toThrow('--in-flight: give a whole number from 1 to 100000');
    await expect(refused({ SECONDGLANCE_FRAME_STORE: 'folder:here' })).rejects.toThrow(
      'SECONDGLANCE_FRAME_STORE: write redis, or folder: and an absolute path',
    );
    await expect(refused({ SECONDGLANCE_ALLOW_URLS: 'ftp://x' })).rejects.toThrow(
      'SECONDGLANCE_ALLOW_URLS: give hosts',
    );
    await expect(refused({ SECONDGLANCE_DEVICE: 'tpu' })).rejects.toThrow('SECONDGLANCE_DEVICE: use auto, cpu');
    const secret = await refused({ SECONDGLANCE_REDIS_URL: 'http://:hunter22@x' }).catch((error: Error) => error);
    expect(secret).toMatchObject({ code: 'usage', message: expect.stringMatching(/^SECONDGLANCE_REDIS_URL: write/) });
    expect(String((secret as Error).message)).not.toContain('hunter22');
  });

  test('a file that cannot be: a name nobody knows, a wrong value, no object, no JSON', async () => {
    const of = async (name: string, text: string) => {
      const cwd = await place(name, { 'secondglance.config.json': text });
      return loadSettings({ flags: {}, env: {}, cwd });
    };
    await expect(of('unknown', '{"inflight": 3}')).rejects.toThrow(
      /secondglance\.config\.json: there is no setting inflight; there are redisUrl, .*inFlight/,
    );
    await expect(of('value', '{"inFlight": 1.5}')).rejects.toThrow(/^inFlight in .*config\.json: give a whole number/);
    await expect(of('array', '[1]')).rejects.toThrow('it has to contain one object with settings');
    await expect(of('torn', '{"inFl')).rejects.toThrow(/secondglance\.config\.\* in .* cannot be read/);
  });
});
