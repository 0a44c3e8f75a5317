import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/archive/index/database.ts';
import { recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { findFfmpeg } from '../../../src/ingest/ffmpeg/find-ffmpeg.ts';
import { run } from '../../cli/support/program.ts';
import { benches, colourVideo } from '../../cli/support/room.ts';

const bench = benches();

test('a folder that goes away while watch decodes costs nothing: the next run captions the whole recording', async () => {
  const { bundle, env, folder, at } = await bench('watch-away');
  await mkdir(at('cams/front'), { recursive: true });
  await colourVideo(at('cams/front/front_20251124220509.mp4'), ['red', 'green', 'blue'], 4);
  // The share drops when ffmpeg decodes for the first time.
  const { ffmpeg } = await findFfmpeg();
  const script = `#!/bin/sh\ncase "$*" in *cams/front*) mv "${at('cams')}" "${at('away')}" 2>/dev/null;; esac\nexec ${ffmpeg} "$@"\n`;
  await writeFile(at('dropping'), script);
  await chmod(at('dropping'), 0o755);
  const args = ['watch', at('cams'), '--once', '--settle', '0s', '--state', at('cams.db'), '--model', bundle];
  const states = (): unknown[] => {
    const db = openDatabase(at('cams.db'), { create: false });
    try {
      return recordingsWhere(db, '1').map(({ state, tries, code }) => [state, tries, code]);
    } finally {
      db.close();
    }
  };

  const dropped = await run(args, { cwd: folder, env: { ...env, FFMPEG_PATH: at('dropping') } });
  expect(dropped.stderr).toMatch(/cams is unavailable: its recordings wait until it is back/);
  expect(states()).toEqual([['pending', 0, 'folder-away']]);
  await rename(at('away'), at('cams'));
  const back = await run(args, { cwd: folder, env });
  expect(back).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^1 described, 0 failed, 0 unfinished, 0 remain/),
  });
  expect(states()).toEqual([['done', 1, null]]);
});
