import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { searchCues } from '../../../src/archive/index/search-cues.ts';
import { parseSpan, withArchive } from '../../../src/archive/open-archive.ts';
import { runSearch, type SearchFlags } from '../../../src/cli/actions/run-search.ts';
import { UsageError } from '../../../src/core/failures.ts';
import { benches, jsonLines } from '../../cli/support/room.ts';
import { describeRecording, makeArchive } from '../support/archive.ts';

vi.setConfig({ testTimeout: 600_000 });

/** A night in Berlin whose state file is where the program looks for it. */
const bench = benches(async (shared) => {
  const archive = makeArchive(path.join(shared, 'night.db'), 'Europe/Berlin');
  // The night in which summer time ends: 02:00 to 03:00 comes twice.
  await describeRecording(archive, { camera: 'front', start: '2026-10-24T21:30:00Z' }, [
    { at: 2.5, text: 'A dog stands near the gate', colour: 'red' },
    { at: 9, text: 'A man walks' },
  ]);
  await describeRecording(archive, { camera: 'Back Yard', start: '2026-10-25T00:30:00Z' }, [
    { at: 0, text: 'The dogs are near a gate' },
  ]);
  await describeRecording(archive, { camera: 'Back Yard', start: '2026-10-25T01:30:00Z' }, [
    { at: 0, text: 'A dog and a gate' },
  ]);
  await describeRecording(
    archive,
    { camera: 'front', start: '2026-10-25T23:00:00Z', path: '/cams/\u001b[31mbad\nname\t.mp4' },
    [{ at: 3723.004, text: 'A dog <b>at</b> the gate' }],
  );
  archive.db.close();
});

test('a line a hit, the newest first, in the time of the place', async () => {
  const { shell, shared } = await bench('lines');
  const state = path.join(shared, 'night.db');
  const { code, stdout, stderr } = await shell(`$SG search dog gates --state '${state}'`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split('\t').slice(0, 6))).toEqual([
    ['2026-10-26 01:02:03 +01:00', 'front', 'A dog <b>at</b> the gate', '/cams/ [31mbad name .mp4', '1:02:03.004', '-'],
    ['2026-10-25 02:30:00 +01:00', 'Back Yard', 'A dog and a gate', expect.any(String), '0:00.000', '-'],
    ['2026-10-25 02:30:00 +02:00', 'Back Yard', 'The dogs are near a gate', expect.any(String), '0:00.000', '-'],
    [
      ...['2026-10-24 23:30:02 +02:00', 'front', 'A dog stands near the gate'],
      ...['/recordings/front/2026-10-24T21-30-00Z.mp4', '0:02.500', expect.stringMatching(/\.pictures\/1\/1\.jpg$/)],
    ],
  ]);
});

test('--json', async () => {
  const { shell, shared } = await bench('json');
  const { code, stdout } = await shell(`$SG search '"the gate"' --state '${path.join(shared, 'night.db')}' --json`);
  expect(code).toBe(0);
  const [newest, first, ...more] = jsonLines(stdout);
  expect(more).toEqual([]);
  expect(newest).toMatchObject({ camera: 'front', file: '/cams/\u001b[31mbad\nname\t.mp4', picture: null });
  expect(first).toEqual({
    id: expect.stringMatching(/^[0-9a-z]+$/),
    camera: 'front',
    time: '2026-10-24T23:30:02.500+02:00',
    end: '2026-10-24T23:30:04.500+02:00',
    text: 'A dog stands near the gate',
    confidence: 0.5,
    moving: true,
    file: '/recordings/front/2026-10-24T21-30-00Z.mp4',
    offset: 2.5,
    picture: path.join(shared, 'night.db.pictures/1/1.jpg'),
  });
});

test('--camera, --since, --until, --limit: days are those of the place, 25 hours long where the clocks went back', async () => {
  const { shell, shared } = await bench('span');
  const state = path.join(shared, 'night.db');
  const { code, stdout, stderr } = await shell(
    `$SG search dog --since 2026-10-25 --until 2026-10-26 --camera 'back yard' --limit 1 --state '${state}'`,
  );
  expect({ code, texts: stdout.split('\t')[2] }).toEqual({ code: 0, texts: 'A dog and a gate' });
  expect(stderr).toMatch(/newest 1;/);
  await withArchive(state, ({ db, file, zone }) => {
    const found = (span: { since?: string; until?: string }) =>
      searchCues(db, file, { words: 'dog', limit: 9, ...parseSpan(span, zone) }).map(({ text }) => text);
    expect(found({ since: '2026-10-25', until: '2026-10-26' })).toEqual([
      'A dog and a gate',
      'The dogs are near a gate',
    ]);
    // 02:30 came twice; the first of them is meant, so both come after it.
    expect(found({ since: '2026-10-25 02:30' })).toHaveLength(3);
    expect(found({ since: '2026-10-25 02:30+01:00' })).toHaveLength(2);
    expect(found({ until: '2026-10-25T00:30:00Z' })).toEqual(['A dog stands near the gate']);
  });
});

test('no hits: 1; nothing to search in, or with: 2, and what to do', async () => {
  const { shell, shared, bundle } = await bench('refusals');
  const state = path.join(shared, 'night.db');
  const none = await shell(`$SG search zebra --state '${state}'; echo $?; $SG search zebra`);
  expect(none).toMatchObject({ code: 2, stdout: '1\n' });
  expect(none.stderr).toMatch(/overnight\.db does not exist: run secondglance watch/);
  const refused: [string, Partial<SearchFlags>, RegExp][] = [
    ['zebra', { state: path.join(bundle, 'bundle.json') }, /is not a state file of secondglance/],
    ['?!', {}, /has no word in it/],
    ['dog', { camera: 'frnt' }, /there is no such camera; there are: Back Yard, front/],
    ['dog', { since: 'lately' }, /--since lately: not a time; write yesterday, "yesterday 20:00"/],
    ['dog', { since: '2026-02-30' }, /not a time/],
    ['dog', { since: 'today', until: 'yesterday' }, /--until yesterday is not after --since today/],
    ['dog', { limit: '0' }, /--limit/],
  ];
  for (const [words, flags, message] of refused) {
    const failure: unknown = await runSearch(words, { limit: '100', state, ...flags }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect(failure).toMatchObject({ message: expect.stringMatching(message) });
  }
});
