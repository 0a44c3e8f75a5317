import { execFile } from 'node:child_process';
import { mkdir, readlink, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { makeFolder } from '../support/videos.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'dist/cli/main.js');

/** What `./setup` says when it links the program in `folder`. */
async function link(folder: string, onPath = true): Promise<string> {
  const own = `${process.env.PATH}${onPath ? `:${folder}` : ''}`;
  const { stderr } = await promisify(execFile)(path.join(ROOT, 'bin/link-program'), [folder], {
    env: { ...process.env, PATH: own },
  });
  return stderr;
}

test('setup links the program, again and again, and says what is missing from the PATH', async () => {
  await using folder = await disposable();
  const bin = path.join(folder.path, 'local bin');
  expect(await link(bin)).toBe('setup: ready: secondglance caption VIDEO\n');
  expect(await readlink(path.join(bin, 'secondglance'))).toBe(PROGRAM);
  expect(await link(bin, false)).toContain(`export PATH="${bin}:$PATH"`);
  expect(await readlink(path.join(bin, 'secondglance'))).toBe(PROGRAM);
});

test('setup moves a link of another checkout, and leaves what is not ours', async () => {
  await using folder = await disposable();
  const at = path.join(folder.path, 'secondglance');
  await symlink('/gone/dist/cli/main.js', at);
  expect(await link(folder.path)).toMatch(/ready: secondglance/);
  expect(await readlink(at)).toBe(PROGRAM);

  const other = path.join(folder.path, 'other');
  await mkdir(other);
  await writeFile(path.join(other, 'secondglance'), 'mine');
  const said = await link(other);
  expect(said).toMatch(/other\/secondglance exists and is not ours/);
  expect(said).toContain(`ready, as ${PROGRAM} caption VIDEO`);
});

async function disposable() {
  const { path: at, remove } = await makeFolder();
  return { path: at, [Symbol.asyncDispose]: remove };
}
