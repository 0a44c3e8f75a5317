import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { humanLivePrinter } from '../../src/cli/live-printer.ts';
import type { StateChange } from '../../src/live/live-event.ts';

let printed: string[];
beforeEach(() => {
  vi.stubGlobal('process', { ...process, stderr: { write: (text: string) => printed.push(text) } });
  printed = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const changes: StateChange[] = [
  { kind: 'state', source: 'yard', state: 'connecting', since: 0 },
  {
    kind: 'state',
    source: 'yard',
    state: 'connecting',
    since: 0,
    reason: 'connected, waiting for the first key frame',
  },
  {
    kind: 'state',
    source: 'yard',
    state: 'connecting',
    since: 0,
    reason: 'connected, waiting for the first key frame',
  },
  { kind: 'state', source: 'yard', state: 'live', since: 0 },
  { kind: 'state', source: 'yard', state: 'failed', since: 0, reason: 'It is away.', code: 'unreachable', retryAt: 1 },
];

test('every state of a source is a line, from the first attempt to connect on; each once', async () => {
  const printer = humanLivePrinter({ quiet: false });
  for (const change of changes) await printer.write(change);
  expect(printed).toEqual([
    'yard: connecting\n',
    'yard: connected, waiting for the first key frame\n',
    'yard: live\n',
    'yard: It is away. It is tried again.\n',
  ]);
});

test('--quiet prints failures only', async () => {
  const printer = humanLivePrinter({ quiet: true });
  for (const change of changes) await printer.write(change);
  expect(printed).toEqual(['yard: It is away. It is tried again.\n']);
});
