import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAll } from '../../support/reading.ts';
import { firstFrames, standIn } from '../../support/stand-in.ts';
import { colourFilm, makeFolder } from '../../support/videos.ts';
import { checkKilled } from '../support/killed-ffmpeg.ts';

// As the out-of-memory killer ends it.
describe('an ffmpeg that is killed: SIGKILL', () => checkKilled('kill -KILL $$; sleep 60'));

it('a crash that repeats is taken for damage: what came before it is used', async () => {
  const { env } = process;
  const folder = await makeFolder();
  try {
    const film = await colourFilm(['red', 'blue'], '-c:v', 'mpeg4', join(folder.path, 'film.mp4'));
    const runs = await standIn(join(folder.path, 'crash'), `${firstFrames(3)}\nkill -SEGV $$; sleep 60`);
    const { times, report } = await readAll(film, 'every:500ms');
    expect(await runs()).toBe(2);
    expect(times).toEqual([0, 520_000, 1_000_000]);
    expect(report.damage).toMatchObject({ code: expect.stringMatching(/damaged|truncated/) });
  } finally {
    process.env = env;
    await folder.remove();
  }
});
