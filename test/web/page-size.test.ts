import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { program } from '../cli/support/program.ts';

test('the whole page has less than 250 KB compressed', async () => {
  const page = path.join(path.dirname(await program()), '../page');
  const files = (await readdir(page, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => gzipSync(await readFile(path.join(parentPath, name))).length),
  );
  expect(files.map(({ name }) => name)).toContain('index.html');
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
});
