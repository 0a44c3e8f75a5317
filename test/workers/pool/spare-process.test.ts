import { expect, test } from 'vitest';
import { built } from '../../support/built.ts';
import { inferenceProcesses } from '../../support/processes.ts';

const { startSpare, stopSpare, takeProcess } = await built<typeof import('../../../src/workers/pool/spare-process.ts')>(
  'workers/pool/spare-process.js',
);

test('a spare process is taken once, and ended where nothing takes it', async () => {
  startSpare();
  startSpare();
  const [pid] = inferenceProcesses(process.pid);
  const [spare, other] = [takeProcess(), takeProcess()];
  expect(spare.pid).toBe(pid);
  expect(other.pid).not.toBe(pid);
  await Promise.all([spare.stop(), other.stop()]);

  startSpare();
  await stopSpare();
  expect(inferenceProcesses(process.pid)).toEqual([]);
  const late = takeProcess();
  expect(late.alive).toBe(true);
  await late.stop();
});
