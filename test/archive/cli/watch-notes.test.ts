import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/archive/index/database.ts';
import { recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { run } from '../../cli/support/program.ts';
import { benches } from '../../cli/support/room.ts';

const bench = benches();

test('watch --once names what is broken and what is not finished, with the reason', async () => {
  const { bundle, env, folder, at } = await bench('watch-notes');
  await mkdir(at('cams'));
  await writeFile(at('cams/broken.mp4'), 'no video');
  const hoursAgo = Date.now() / 1000 - 7200;
  await utimes(at('cams/broken.mp4'), hoursAgo, hoursAgo);
  await writeFile(at('cams/open.mp4'), 'no video so far');
  const args = ['watch', at('cams'), '--once', '--settle', '0s', '--state', at('cams.db'), '--model', bundle];

  // Without ffmpeg nothing is known of a file: that is no failure of the file.
  const away = { ...env, FFMPEG_PATH: at('nothing') };
  const without = await run(args, { cwd: folder, env: away });
  expect(without).toMatchObject({ code: 1, stderr: expect.stringMatching(/ffmpeg/) });
  const db = openDatabase(at('cams.db'), { create: false });
  expect(recordingsWhere(db, '1')).toEqual([]);
  db.close();

  const first = await run(args, { cwd: folder, env });
  expect(first).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^0 described, 1 failed, 1 unfinished, 0 remain;/),
  });
  expect(first.stderr).toMatch(
    /^watch: captions the recordings of \S+cams with tiny; times in names are in \S+\nfound 2 files of camera cams\n/,
  );
  expect(first.stderr).toMatch(/broken\.mp4.* is not a video/);
  expect(first.stderr).toMatch(/open\.mp4 is not finished: \S/);
  const again = await run([...args, '--quiet'], { cwd: folder, env });
  expect(again).toEqual(expect.objectContaining({ code: 0, stdout: '', stderr: '' }));
});
