import { appendFile, mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run } from '../../cli/support/program.ts';
import { benches, colourPicture } from '../../cli/support/room.ts';

const bench = benches();

test('a folder with an edited track: the others are captioned, the edit is kept and named, exit 0', async () => {
  const { at, env, folder, caption, read } = await bench('edited');
  await mkdir(at('films'));
  await colourPicture(at('films/a.png'), 'red');
  await colourPicture(at('films/b.png'), 'green');
  expect(await caption('films')).toMatchObject({ code: 0 });
  await appendFile(at('films/a.vtt'), '\nNOTE mine\n');
  const again = await caption('films');
  expect(again).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/a\.png: a\.vtt was edited and is kept; --force/),
  });
  expect(again.stderr).not.toMatch(/failed|already exists/);
  expect(await read('films/a.vtt')).toContain('NOTE mine');
  // Alone, it is what was asked for.
  expect(await caption('films/a.png')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/a\.vtt already exists/),
  });
  expect(await run(['check', 'films'], { cwd: folder, env })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/"?films"? is a folder: name the files in it/),
  });
});
