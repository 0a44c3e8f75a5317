import { copyFile, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { searchCues } from '../../../src/archive/index/search-cues.ts';
import { fingerprintOf } from '../../../src/archive/recordings/fingerprint.ts';
import { film, packetTimes, streamHashes } from '../../cli/support/films.ts';
import { run, runEach } from '../../cli/support/program.ts';
import { benches, jsonLines } from '../../cli/support/room.ts';
import { frameTimes } from '../../support/videos.ts';
import { describeRecording, makeArchive } from '../support/archive.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const bench = benches(async (shared) => {
  const cam = path.join(shared, 'cam.mp4');
  await film(cam);
  const archive = makeArchive(path.join(shared, 'night.db'), 'Europe/Berlin');
  const made = { camera: 'front/door', start: '2026-11-24T21:00:00.500Z', duration: 6 };
  await describeRecording(archive, { ...made, path: cam, content: await fingerprintOf(cam) }, [
    { at: 0, text: 'red' },
    { at: 2.5, text: 'green', lasts: 1 },
  ]);
  await describeRecording(
    archive,
    { camera: 'back', start: '2026-11-24T22:00:00Z', path: path.join(shared, 'no.mp4') },
    [{ at: 0, text: 'gone' }],
  );
  archive.db.close();
});

function idOf(state: string, words: string): string {
  const { db } = makeArchive(state, 'Europe/Berlin');
  const [hit] = searchCues(db, state, { words, limit: 1 });
  db.close();
  return hit?.id ?? '';
}

test('a clip: its name, its length, its place in the recording; again it is up to date; an edited one stays', async () => {
  const { folder, env, shared, at } = await bench('clip');
  const state = path.join(shared, 'night.db');
  const before = await streamHashes(path.join(shared, 'cam.mp4'), 'v', 'a');
  const args = ['export', idOf(state, 'green'), '--state', state, '--before', '500ms', '--after', '1s'];
  const how = { cwd: folder, env };
  const { code, stderr } = await run(args, how);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  // From 2.0 to 4.5 s of the recording.
  const name = 'front-door-2026-11-24T22-00-03.000.mp4';
  expect(stderr).toMatch(/^\w+: from 2026-11-24 22:00:02 \+01:00, 2\.5 s, copied -> .*front-door-2026/);
  const times = await frameTimes(at(name));
  expect(times.length).toBeGreaterThanOrEqual(24);
  expect(times.length).toBeLessThanOrEqual(29);
  expect((await packetTimes(at(name), 'a:0')).length).toBeGreaterThan(90);
  expect(await streamHashes(path.join(shared, 'cam.mp4'), 'v', 'a')).toEqual(before);

  const { mtimeMs } = await stat(at(name));
  await writeFile(at('mine.mp4'), 'mine');
  const [again, refused] = await runEach([args, [...args, '-o', 'mine.mp4']], how);
  expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/up to date/) });
  expect((await stat(at(name))).mtimeMs).toBe(mtimeMs);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/was not written by secondglance.*--force/) });
  expect(await readFile(at('mine.mp4'), 'utf8')).toBe('mine');

  // Another recording, or any video that is not our own clip.
  await copyFile(path.join(shared, 'cam.mp4'), at('other.mp4'));
  const other = await streamHashes(at('other.mp4'), 'v', 'a');
  await copyFile(at('other.mp4'), at(name));
  const forced = [...args, '--force'];
  expect(await runEach([[...args, '-o', 'other.mp4'], [...forced, '-o', 'other.mp4'], forced], how)).toMatchObject(
    Array.from({ length: 3 }, () => ({ code: 1, stderr: expect.stringMatching(/that secondglance did not write/) })),
  );
  expect(await streamHashes(at('other.mp4'), 'v', 'a')).toEqual(other);
  expect(await streamHashes(at(name), 'v', 'a')).toEqual(other);

  await writeFile(at(name), 'mine');
  expect(await runEach([[...args, '--force', '--quiet']], how)).toMatchObject([{ code: 0, stderr: '' }]);
  expect((await frameTimes(at(name))).length).toBe(times.length);
});

test('several, some of which are gone: 3; none: 1; a recording that was written over is not cut', async () => {
  const { shell, shared, at, folder, env } = await bench('several');
  const state = path.join(shared, 'night.db');
  const ids = ['red', 'gone'].map((words) => idOf(state, words));
  const { code, stdout } = await shell(`$SG export ${ids.join(' ')} nonsense --state '${state}' -o clips/ --json`);
  expect(code).toBe(3);
  const name = 'front-door-2026-11-24T22-00-00.500.mp4';
  expect(jsonLines(stdout)).toMatchObject([
    {
      ...{ event: 'end', id: ids[0], state: 'done', output: at('clips', name), way: 'copied' },
      ...{ time: '2026-11-24T22:00:00.500+01:00', duration: 4 },
    },
    { id: ids[1], state: 'failed', problems: [{ code: 'recording-gone' }] },
    { id: 'nonsense', state: 'failed', problems: [{ code: 'no-such-hit' }] },
  ]);

  const cam = path.join(shared, 'cam.mp4');
  await rename(cam, `${cam}.old`);
  try {
    await writeFile(cam, 'another recording\n'.repeat(5000));
    const replaced = await shell(`$SG export ${ids[0]} --state '${state}' -o new.mp4`);
    expect(replaced).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/was overwritten with another recording/),
    });
  } finally {
    await rename(`${cam}.old`, cam);
  }
  const wrong = [
    ['export', 'a', 'b', '-o', 'one.mp4', '--state', state],
    ['export', 'a', '-o', 'one.avi'],
  ];
  expect(await runEach(wrong, { cwd: folder, env })).toMatchObject([{ code: 2 }, { code: 2 }]);
});
