import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { startWebhook } from '../archive/support/receivers.ts';
import { program, startCommand } from '../cli/support/program.ts';
import { benches } from '../cli/support/room.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 480_000 });

const PAGE = path.join(import.meta.dirname, '../../docs/cameras.md');
const bench = benches();

/** The commands of the page, and what it says that each writes to stdout. */
function commands(page: string): { line: string; says: string }[] {
  return [...page.matchAll(/^```console\n(.*?)^```$/gms)]
    .flatMap(([, block = '']) => block.split(/^\$ /m).slice(1))
    .map((part) => {
      const end = part.indexOf('\n');
      return { line: part.slice(0, end), says: part.slice(end + 1) };
    });
}

test('docs/cameras.md: every command does what the page says', async () => {
  const page = await readFile(PAGE, 'utf8');
  const place = await bench('cameras');
  const webhook = await startWebhook();
  try {
    await mkdir(place.at('bin'));
    const shim = place.at('bin/secondglance');
    // The command as a shell has it, with a bundle that needs no second to load.
    const own = `[ "$1" = watch ] && set -- "$@" --model '${place.bundle}'`;
    await writeFile(shim, `#!/bin/sh\n${own}\nexec '${process.execPath}' '${await program()}' "$@"\n`);
    await chmod(shim, 0o755);
    const env = {
      ...place.env,
      PATH: `${place.at('bin')}:${process.env.PATH}`,
      SECONDGLANCE_WEBHOOK: `http://127.0.0.1:${webhook.port}/`,
    };
    const all = commands(page);
    expect(all.filter(({ line }) => line.startsWith('secondglance '))).toHaveLength(7);
    for (const { line, says } of all) {
      const { code, stdout, stderr } = await startCommand('bash', ['-c', line], { cwd: place.folder, env }).ended;
      expect({ line, code, stdout, ...(code === 0 ? {} : { stderr }) }).toEqual({ line, code: 0, stdout: says });
    }

    const told = JSON.parse(/^```json\n(.*?)^```$/ms.exec(page)?.[1] ?? '') as Record<string, unknown>;
    expect(webhook.received).toHaveLength(1);
    const { cues, picture, ...rest } = webhook.received[0]?.body ?? {};
    expect(picture).toMatch(/^data:image\/jpeg;base64,\/9j\//);
    expect(rest).toEqual({
      ...Object.fromEntries(Object.entries(told).filter(([key]) => key !== 'cues' && key !== 'picture')),
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      file: place.at('recordings/front/front_20251124220509.mp4'),
    });
    const [cue] = told.cues as object[];
    const end = expect.stringMatching(/^2025-11-24T21:05:1\d\.\d{3}Z$/);
    expect(cues).toEqual([{ ...cue, end, id: expect.any(String), confidence: expect.any(Number) }]);
  } finally {
    await webhook.close();
  }
});
