import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findFfmpeg } from '../../../src/ingest/ffmpeg/find-ffmpeg.ts';
import { runFfmpeg } from '../../../src/ingest/ffmpeg/run-ffmpeg.ts';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { errorOf, NEVER, readAll, sourceOf } from '../../support/reading.ts';
import { firstFrames, standIn } from '../../support/stand-in.ts';
import { colourFilm, makeFolder } from '../../support/videos.ts';

/** Tests of an ffmpeg that ends in this way, as lines of a shell, after three frames. */
export function checkKilled(end: string): void {
  const { env } = process;
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: string;
  beforeEach(async () => {
    folder = await makeFolder();
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
    film = await colourFilm(['red', 'blue'], ...x264, join(folder.path, 'film.mp4'));
  });
  afterEach(async () => {
    process.env = env;
    await folder.remove();
  });

  it('is started again, and the reading goes on where it was', async () => {
    const whole = await readAll(film, 'every:500ms');
    const once = `[ $(wc -l < "$0.runs") -gt 1 ] && exec REAL "$@"\n${firstFrames(3)}\n${end}`;
    const runs = await standIn(join(folder.path, 'once'), once);
    const resumed = await readAll(film, 'every:500ms');
    expect(await runs()).toBe(2);
    expect(resumed.keyframes).toEqual(whole.keyframes);
    expect(resumed.report.damage).toBeUndefined();
  });

  it('again and again is a failure of the machine, which a retry may mend; never damage of the file', async () => {
    await standIn(join(folder.path, 'always'), `${firstFrames(3)}\n${end}`);
    expect(await errorOf(readAll(film, 'every:500ms'))).toMatchObject({ code: 'decoder-killed', retryable: true });
    const source = await sourceOf(film);
    const copy = { doing: 'Copying', advice: 'none.', build: (c: never) => c as never };
    const out = join(folder.path, 'copy.mp4');
    const job = { ...copy, build: (command: { output(path: string): never }) => command.output(out) } as never;
    expect(await errorOf(runFfmpeg(source, job, NEVER))).toMatchObject({ code: 'decoder-killed', retryable: true });
    const { ffprobe } = await findFfmpeg();
    const prober = join(folder.path, 'prober');
    await writeFile(prober, `#!/bin/sh\n[ "$1" = -version ] && exec ${ffprobe} "$@"\n${end}\n`);
    await chmod(prober, 0o755);
    process.env = { ...env, FFPROBE_PATH: prober };
    expect(await errorOf(probe(source, { signal: NEVER }))).toMatchObject({ code: 'decoder-killed', retryable: true });
  });
}
