import { rmdirSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rename, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { OutputError } from '../../../src/storage/errors.ts';
import { openFileSink } from '../../../src/storage/file-sink.ts';
import { openCheckedFolder } from '../../../src/storage/folders/checked-folder.ts';
import { temporaryFolder } from '../support/folder.ts';

async function places() {
  const folder = await realpath(await temporaryFolder());
  const films = path.join(folder, 'films');
  await mkdir(films);
  await mkdir(path.join(folder, 'outside'));
  const check = (real: string): void => {
    if (real !== films && !real.startsWith(`${films}/`))
      throw new OutputError('output-outside', `not allowed: ${real}`);
  };
  return { films, outside: path.join(folder, 'outside'), check };
}

test('a link that takes the place of a checked folder leads no write outside', async () => {
  const { films, outside, check } = await places();
  const target = path.join(films, 'new', 'below', 'a.vtt');
  const sink = await openFileSink(target, { checkFolder: check });
  await sink.write('text');
  await rename(path.join(films, 'new'), path.join(films, 'moved'));
  await symlink(outside, path.join(films, 'new'));
  await sink.commit();
  expect(await readdir(outside)).toEqual([]);
  expect(await readFile(path.join(films, 'moved', 'below', 'a.vtt'), 'utf8')).toBe('text');
  await expect(openFileSink(target, { checkFolder: check })).rejects.toThrow(/not allowed/);
  await expect(openCheckedFolder(outside, check)).rejects.toThrow(/not allowed/);
});

test('an error names the folder as it was given', async () => {
  const { films, check } = await places();
  const gone = path.join(films, 'gone');
  await mkdir(gone);
  const remove = (real: string): void => {
    check(real);
    rmdirSync(real);
  };
  await expect(openFileSink(path.join(gone, 'a.vtt'), { checkFolder: remove })).rejects.toMatchObject({
    code: 'output-folder-missing',
    message: `cannot write ${gone}/a.vtt: its folder does not exist`,
  });
});

test('private files are readable by this user alone', async () => {
  const { films } = await places();
  const sink = await openFileSink(path.join(films, 'state.json'), { private: true });
  await sink.commit();
  expect((await stat(path.join(films, 'state.json'))).mode & 0o777).toBe(0o600);
});
