import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { kindOf } from '../../src/storage/kind-of.ts';

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
