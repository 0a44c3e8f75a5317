import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { run } from '../cli/support/program.ts';
import { benches, colourVideo } from '../cli/support/room.ts';
import { readYaml } from '../support/yaml.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const EXAMPLES = path.join(import.meta.dirname, '../../docs/examples');
const bench = benches();

/** Runs a command of an example, once and with its places here; its window is open. */
async function works(name: string, command: readonly string[], places: Readonly<Record<string, string>>) {
  const room = await bench(name);
  for (const folder of ['recordings', 'state', 'tracks']) await mkdir(room.at(folder));
  await colourVideo(room.at('recordings', 'front.mkv'), ['red'], 2);
  const moved = command.map((word) => {
    const from = Object.keys(places).find((place) => word === place || word.startsWith(`${place}/`));
    return from === undefined ? word : room.at(`${places[from]}${word.slice(from.length)}`);
  });
  const window = moved.indexOf('--window');
  expect(moved[window + 1]).toBe('22:00-06:00');
  moved.splice(window, 2);
  const how = { cwd: room.folder, env: room.env };
  const ended = await run([...moved, '--once', '--settle', '0s', '--model', room.bundle], how);
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 described/) });
  expect(await room.read('tracks/front.vtt')).toContain('A bright red picture');
}

test('the compose service: what it runs works; not root, nothing to write but state and tracks', async () => {
  const text = (await readFile(path.join(EXAMPLES, 'watch.compose.yml'), 'utf8'))
    .replace(/^\s*#.*$/gm, '')
    .replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  const { services } = readYaml(text) as unknown as {
    services: Record<string, { readonly command: readonly string[]; readonly [name: string]: unknown }>;
  };
  const { watch } = services;
  expect(watch).toMatchObject({
    ...{ read_only: 'true', user: '1000:1000', cap_drop: ['ALL'], restart: 'unless-stopped' },
    mem_limit: expect.stringMatching(/^\d+[mg]$/),
    volumes: ['./recordings:/recordings:ro', './tracks:/tracks', 'state:/state'],
  });
  await works('compose', watch?.command ?? [], { '/recordings': 'recordings', '/state': 'state', '/tracks': 'tracks' });
});

test('the systemd unit: systemd finds nothing wrong with it, and what it runs works', async (context) => {
  const file = path.join(EXAMPLES, 'secondglance-watch.service');
  const text = await readFile(file, 'utf8');
  const command = /^ExecStart=\/usr\/bin\/env secondglance (.+)$/m.exec(text)?.[1]?.split(' ') ?? [];
  await works('systemd', command, {
    '/srv/recordings': 'recordings',
    '/var/lib/secondglance/tracks': 'tracks',
    '/var/lib/secondglance': 'state',
  });
  const verified = await promisify(execFile)('systemd-analyze', ['verify', file]).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip();
    throw error;
  });
  expect(verified.stderr).toBe('');
});
