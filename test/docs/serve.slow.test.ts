import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startCommand } from '../cli/support/program.ts';
import { benches, colourVideo } from '../cli/support/room.ts';
import { startServer } from '../web/support/server.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/serve.md');
const bench = benches((folder) => colourVideo(path.join(folder, 'film.mp4'), ['red', 'blue'], 2).then(() => undefined));

test('the curl examples of docs/serve.md work, one after the other', async () => {
  const blocks = [...(await readFile(PAGE, 'utf8')).matchAll(/^```bash\n(.*?)^```$/gms)].map(([, text]) => text ?? '');
  expect(blocks.length).toBeGreaterThan(5);
  const { folder, shared, bundle, env } = await bench('examples');
  const server = await startServer(['--model', bundle, '--folder', shared, '--data', path.join(folder, 'data')], {
    cwd: folder,
    env,
  });
  const script = [`API=${server.api}`, 'set -euo pipefail', ...blocks].join('\n').replaceAll('/films/', `${shared}/`);
  const ended = await startCommand('bash', ['-c', script], { cwd: folder, env }).ended;
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stdout).toContain('A bright red picture');
  expect(ended.stdout).toMatch(/^secondglance-video: v[0-9a-f]{24}/im);
  expect(ended.stdout).toContain('"edits"');
  expect((await readFile(path.join(folder, 'captions.mkv'))).includes('A BRIGHT RED PICTURE')).toBe(true);
  await server.stop();
});
