import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ffmpeg } from '../../support/videos.ts';
import { HUB } from '../../workers/hub/reference.ts';
import { run, runEach } from '../support/program.ts';
import { benches, colourVideo } from '../support/room.ts';

const bench = benches(async (folder) => {
  const plain = await colourVideo(`${folder}/plain.mkv`, ['red', 'blue'], 1);
  // Pictures of one colour are not captioned.
  const box = 'drawbox=x=20:y=20:w=6:h=6:t=fill:color=gray';
  await ffmpeg('-i', plain, '-vf', box, '-c:v', 'mpeg4', '-q:v', '3', `${folder}/film.mkv`);
});

test('import, list, caption, explain and remove a model of a family', async () => {
  const { shared, folder, env, at } = await bench('models');
  const how = { cwd: folder, env };
  // The tiny model is random: what it writes is noise, and an import says so.
  const importing = ['models', 'import', path.join(HUB, 'vit-gpt2'), '--name', 'tiny'];
  expect(await runEach([importing, ['models', 'path', 'tiny']], how)).toMatchObject([
    { code: 1, stderr: expect.stringContaining('says of a drawn picture') },
    { code: 1, stderr: expect.stringContaining('is not installed') },
  ]);
  await cp(path.join(HUB, 'vit-gpt2'), path.join(env.SECONDGLANCE_STATE_DIR ?? '', 'models/tiny'), { recursive: true });

  const list = await run(['models', 'list', '--json'], how);
  const listed = list.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(listed.find(({ name }) => name === 'tiny')).toMatchObject({ installed: true });
  expect(listed.find(({ name }) => name === 'florence2-base-ft')).toMatchObject({ installed: false, licence: 'MIT' });

  const args = ['caption', `${shared}/film.mkv`, '--model', 'tiny', '-o', at('film.json'), '--frames', 'every:1s'];
  const captioned = await run([...args, '--workers', '1'], how);
  expect(captioned.code, captioned.stderr).toBe(0);
  const track = JSON.parse(await readFile(at('film.json'), 'utf8'));
  expect(track.model.name).toBe('tiny');
  expect(track.keyframes).toHaveLength(2);
  expect(track.keyframes[0], captioned.stderr).toMatchObject({
    passes: 2,
    regions: [{ label: 'centre', x: 0.1, y: 0.1, width: 0.8, height: 0.8 }],
  });

  const explain = ['explain', `${shared}/film.mkv@0.5`, '--model', 'tiny', '-o', at('look.png'), '--json'];
  const [explained, removed, gone] = await runEach([explain, ['models', 'remove', 'tiny'], args], how);
  expect(explained?.code, explained?.stderr).toBe(0);
  expect(JSON.parse(explained?.stdout ?? '')).toMatchObject({
    model: { name: 'tiny' },
    regions: [{ label: 'centre' }],
    time: 0.5,
  });
  expect((await readFile(at('look.png'))).subarray(1, 4).toString()).toBe('PNG');

  expect(removed).toMatchObject({ code: 0, stdout: 'tiny is removed\n' });
  expect(gone?.code).toBe(1);
});
