import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from './support/program.ts';
import { benches } from './support/room.ts';

const bench = benches();

/** The packages whose code a run of the program loaded. */
async function packagesOf(args: readonly string[], name: string, exitCode = 0): Promise<Set<string>> {
  const { at, folder, env } = await bench(name);
  const { code } = await run(args, { cwd: folder, env: { ...env, NODE_V8_COVERAGE: at('coverage') } });
  expect(code).toBe(exitCode);
  const packages = new Set<string>();
  for (const file of await readdir(at('coverage'))) {
    const { result } = JSON.parse(await readFile(path.join(at('coverage'), file), 'utf8')) as {
      readonly result: readonly { readonly url: string }[];
    };
    for (const { url } of result) {
      // The built program itself is in node_modules/.cache.
      const [, found] = /.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(url) ?? [];
      if (found !== undefined) packages.add(found);
    }
  }
  return packages;
}

test('--help loads commander and no other package', async () => {
  expect(await packagesOf(['--help'], 'program')).toEqual(new Set(['commander']));
  expect(await packagesOf(['caption', '--help'], 'command')).toEqual(new Set(['commander']));
});

test('what captioning alone needs is loaded after the inference processes have been started', async () => {
  const packages = await packagesOf(['caption', 'missing.mp4'], 'caption', 1);
  expect(packages).toContain('tinyglobby');
  for (const late of ['rxjs', 'sharp']) expect(packages).not.toContain(late);
});
