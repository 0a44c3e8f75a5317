import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { kindOf, statIfPresent } from '../../src/storage/kind-of.ts';

test('a folder, a file, a device, nothing, and a path below a file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-kind-'));
  try {
    const file = path.join(folder, 'taken');
    await writeFile(file, '');
    expect([folder, file, '/dev/null', path.join(folder, 'none'), path.join(file, 'guide')].map(kindOf)).toEqual([
      'folder',
      'file',
      'other',
      undefined,
      undefined,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the state of what is there, nothing where nothing is, also below a file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-stat-'));
  try {
    const file = path.join(folder, 'taken');
    await writeFile(file, 'four');
    expect((await statIfPresent(file))?.size).toBe(4);
    expect(await statIfPresent(path.join(folder, 'none'))).toBeUndefined();
    expect(await statIfPresent(path.join(file, 'guide'))).toBeUndefined();
    await expect(statIfPresent(path.join(folder, 'x'.repeat(300)))).rejects.toThrow(/ENAMETOOLONG/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
