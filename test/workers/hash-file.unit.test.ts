import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adoptHashes, hashFile, type KnownHash, knownHashes } from '../../src/workers/hash-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secondglance-hash-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('a file is read again once it has changed, also where its size and times are the same', async () => {
  const path = join(folder, 'graph');
  await writeFile(path, 'one');
  await utimes(path, 1000, 1000);
  expect(await hashFile(path)).toBe(sha256('one'));
  await writeFile(path, 'two');
  await utimes(path, 1000, 1000);
  expect(await hashFile(path)).toBe(sha256('two'));
});

test('what another process has read is not read again while the file stays as it was', async () => {
  const path = join(folder, 'shared');
  await writeFile(path, 'content');
  // What was written just now is not remembered.
  let known: KnownHash | undefined;
  while (known === undefined) {
    await hashFile(path);
    known = knownHashes().find((hash) => hash.path === path);
  }
  adoptHashes([{ ...known, sha256: 'as the parent has it' }]);
  expect(await hashFile(path)).toBe('as the parent has it');
  await writeFile(path, 'changed');
  expect(await hashFile(path)).toBe(sha256('changed'));
});

test('a missing file throws what the file system says', async () => {
  await expect(hashFile(join(folder, 'missing'))).rejects.toThrow('ENOENT');
});
