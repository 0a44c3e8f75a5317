import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findFfmpeg } from '../../../src/ingest/ffmpeg/find-ffmpeg.ts';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { errorOf, NEVER, open, readAll } from '../../support/reading.ts';
import { firstFrames, standIn } from '../../support/stand-in.ts';
import { colourFilm, makeFolder } from '../../support/videos.ts';

const { env } = process;
let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;
beforeEach(async () => {
  folder = await makeFolder();
  film = await colourFilm(['red', 'blue'], '-c:v', 'mpeg4', join(folder.path, 'film.mp4'));
});
afterEach(async () => {
  process.env = env;
  await folder.remove();
});

const IO_ERROR = `echo "[error] file:film.mp4: Input/output error" >&2; exit 0`;
const AWAY = { code: 'input-away', retryable: true };

it('a file that goes away while it is decoded is no damaged file, and one that comes back is read on', async () => {
  const whole = await readAll(film, 'every:500ms');
  const opened = await open(film);
  const away = join(folder.path, 'away.mp4');
  await standIn(join(folder.path, 'moves'), `${firstFrames(3)}\nmv "${film}" "${away}" 2>/dev/null\n${IO_ERROR}`);
  expect(await errorOf(readAll(opened, 'every:500ms'))).toMatchObject(AWAY);
  await rename(away, film);
  process.env = env;
  // Gone before ffmpeg opens it.
  await standIn(join(folder.path, 'gone'), `mv "${film}" "${away}" 2>/dev/null\nREAL "$@"`);
  expect(await errorOf(readAll(opened, 'every:500ms'))).toMatchObject(AWAY);
  await rename(away, film);
  process.env = env;
  const once = `[ $(wc -l < "$0.runs") -gt 1 ] && exec REAL "$@"\n${firstFrames(3)}\n${IO_ERROR}`;
  const runs = await standIn(join(folder.path, 'once'), once);
  const resumed = await readAll(opened, 'every:500ms');
  expect(await runs()).toBe(2);
  expect(resumed.times).toEqual(whole.times);
  expect(resumed.report.damage).toBeUndefined();
});

it('a place of the disk that can never be read is damage: what came before it is used', async () => {
  await standIn(join(folder.path, 'sector'), `${firstFrames(3)}\n${IO_ERROR}`);
  const { times, report } = await readAll(film, 'every:500ms');
  expect(times).toEqual([0, 520_000, 1_000_000]);
  expect(report.damage).toMatchObject({ code: expect.stringMatching(/damaged|truncated/) });
});

it('a Matroska file that was cut off is damaged, although ffmpeg speaks of an input/output error', async () => {
  const whole = await readFile(await colourFilm(['red', 'blue'], '-c:v', 'mpeg4', join(folder.path, 'whole.mkv')));
  const cut = join(folder.path, 'cut.mkv');
  for (const share of [0.1, 0.2, 0.3, 0.5]) {
    await writeFile(cut, whole.subarray(0, share * whole.length));
    const error = await readAll(cut, 'every:500ms').then(
      ({ report }) => report.damage,
      (failure: unknown) => failure,
    );
    expect(error, `${share}`).toMatchObject({
      code: expect.stringMatching(/damaged|truncated|unreadable|decode-failed|no-video/),
    });
  }
});

it('a share that does not answer while a file or a picture is opened is a failure of the machine', async () => {
  const { source } = await open(film);
  const { ffprobe } = await findFfmpeg();
  const prober = join(folder.path, 'prober');
  const script = `[ "$1" = -version ] && exec ${ffprobe} "$@"\necho "file:film.mp4: Input/output error" >&2; exit 1`;
  await writeFile(prober, `#!/bin/sh\n${script}\n`);
  await chmod(prober, 0o755);
  process.env = { ...env, FFPROBE_PATH: prober };
  expect(await errorOf(probe(source, { signal: NEVER }))).toMatchObject(AWAY);
  process.env = env;
  const picture = join(folder.path, 'still.png');
  await colourFilm(['red'], '-frames:v', '1', picture);
  const still = await open(picture);
  await rm(picture);
  expect(await errorOf(readAll(still, 'every:500ms'))).toMatchObject(AWAY);
});
