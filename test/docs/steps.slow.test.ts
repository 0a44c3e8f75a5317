import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { program, startCommand } from '../cli/support/program.ts';
import { benches } from '../cli/support/room.ts';

vi.setConfig({ testTimeout: 480_000, hookTimeout: 480_000 });

const DOCS = path.join(import.meta.dirname, '../../docs/steps.md');
const bench = benches();

interface Command {
  readonly line: string;
  /** What the page says that it writes to stdout. */
  readonly says: string;
}

/** The blocks of one language, in order. */
function blocks(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);
}

function commands(page: string): Command[] {
  return blocks(page, 'console').flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return { line: part.slice(0, end), says: part.slice(end + 1) };
      }),
  );
}

test('docs/steps.md: every command does what the page says', async () => {
  const page = await readFile(DOCS, 'utf8');
  const place = await bench('docs');
  await writeFile(place.at('tea.srt'), blocks(page, 'srt')[0] ?? '');
  await mkdir(place.at('bin'));
  const shim = place.at('bin/secondglance');
  await writeFile(
    shim,
    `#!/bin/sh\ncase "$*" in *--from*) ;; *) set -- "$@" --model '${place.bundle}';; esac\nexec '${process.execPath}' '${await program()}' "$@"\n`,
  );
  await chmod(shim, 0o755);
  const env = { ...place.env, PATH: `${place.at('bin')}:${process.env.PATH}` };
  const all = commands(page);
  expect(all.filter(({ line }) => line.startsWith('secondglance '))).toHaveLength(2);
  for (const { line, says } of all) {
    const { code, stdout, stderr } = await startCommand('bash', ['-c', line], { cwd: place.folder, env }).ended;
    expect({ line, code, stdout, ...(code === 0 ? {} : { stderr }) }).toEqual({ line, code: 0, stdout: says });
  }
});
