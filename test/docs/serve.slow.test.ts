import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startWebhook } from '../archive/support/receivers.ts';
import { startCommand } from '../cli/support/program.ts';
import { benches, colourVideo } from '../cli/support/room.ts';
import { cameraArchive } from '../web/support/camera-archive.ts';
import { startServer } from '../web/support/server.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/serve.md');
const PASSWORD = 'correct horse: battery';
const bench = benches((folder) => colourVideo(path.join(folder, 'film.mp4'), ['red', 'blue'], 2).then(() => undefined));

test('the curl examples of docs/serve.md work, one after the other', async () => {
  const text = await readFile(PAGE, 'utf8');
  const blocks = [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
  // An example that is not marked would not be run.
  expect(blocks.join('').match(/^.*curl .*$/gm)).toEqual(text.match(/^.*curl .*$/gm));
  expect(blocks.length).toBeGreaterThan(8);
  const { folder, shared, bundle, env } = await bench('examples');
  const archive = await cameraArchive(folder);
  const webhook = await startWebhook();
  const cameras = ['--state', archive.file, '--webhook', `http://127.0.0.1:${webhook.port}/`];
  const places = ['--folder', shared, '--data', path.join(folder, 'data')];
  const server = await startServer(['--model', bundle, ...places, ...cameras], { cwd: folder, env });
  const guarded = await startServer(['--data', path.join(folder, 'guarded'), '--base-path', '/captions'], {
    cwd: folder,
    env: { ...env, SECONDGLANCE_SERVE_PASSWORD: PASSWORD },
  });
  const script = [`API=${server.api}`, 'set -euo pipefail', ...blocks]
    .join('\n')
    .replaceAll('/films/', `${shared}/`)
    .replaceAll('https://films.example/captions/api', guarded.api)
    .replace('"password":"..."', `"password":"${PASSWORD}"`);
  const ended = await startCommand('bash', ['-c', script], { cwd: folder, env }).ended;
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stdout).toContain('A bright red picture');
  expect(ended.stdout).toMatch(/^secondglance-video: v[0-9a-f]{24}/im);
  expect(ended.stdout).toContain('"edits"');
  expect(ended.stdout).toMatch(/^My guide$/m);
  expect(ended.stdout).toMatch(/^\w+\t2026-11-24T22:05:01\.000\+01:00\tfront\tA man walks a dog$/m);
  expect(ended.stdout).toMatch(/^person or dog$/m);
  expect(ended.stdout).toMatch(/"authenticated": ?true/);
  const made = (name: string) => readFile(path.join(folder, name));
  expect((await made('captions.mkv')).includes('A BRIGHT RED PICTURE')).toBe(true);
  expect((await made('clip.mp4')).subarray(4, 8).toString()).toBe('ftyp');
  expect((await made('night.html')).toString()).toContain('A man walks a dog');
  expect((await made('chapters.vtt')).toString()).toMatch(/^WEBVTT/);
  expect(webhook.received.map(({ body }) => body)).toMatchObject([{ event: 'match', test: true }]);
  await server.stop();
  await guarded.stop();
  await webhook.close();
  archive.db.close();
});
