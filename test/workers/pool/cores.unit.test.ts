import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultProcesses } from '../../../src/workers/pool/cores.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'secondglance-cores-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function withQuota(text: string): Promise<number> {
  const file = join(home, 'cpu.max');
  await writeFile(file, text);
  return defaultProcesses(file);
}

test('one process a core, eight at most', () => {
  expect(defaultProcesses(join(home, 'no-such-file'))).toBe(Math.min(8, availableParallelism()));
});

test("a container's quota counts, rounded up", async () => {
  expect(await withQuota('50000 100000\n')).toBe(1);
  expect(await withQuota('150000 100000\n')).toBe(Math.min(2, availableParallelism()));
  expect(await withQuota('max 100000\n')).toBe(Math.min(8, availableParallelism()));
  expect(await withQuota('nonsense')).toBe(Math.min(8, availableParallelism()));
});
