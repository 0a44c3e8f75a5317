import { access, copyFile, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { program, startCommand } from '../cli/support/program.ts';
import { colourVideo } from '../cli/support/room.ts';
import { apiExamples, STRICT } from '../index/support/examples.ts';
import { tinyBundle } from '../support/run.ts';
import { makeFolder } from '../support/videos.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const examples = await apiExamples();

let folder: { readonly path: string; remove(): Promise<void> };
beforeAll(async () => {
  folder = await makeFolder();
  // The package as a dependency of an empty project, with a tiny model in place of its own.
  const installed = path.join(folder.path, 'node_modules/secondglance');
  await mkdir(path.join(installed, 'models'), { recursive: true });
  await cp(path.join(path.dirname(await program()), '..'), path.join(installed, 'dist'), { recursive: true });
  await cp(path.join(ROOT, 'package.json'), path.join(installed, 'package.json'));
  await cp(tinyBundle(), path.join(installed, 'models/everyday-small'), { recursive: true });
  await symlink(path.join(ROOT, 'node_modules'), path.join(installed, 'node_modules'));
  await symlink(path.join(ROOT, 'node_modules/@types'), path.join(folder.path, 'node_modules/@types'));
  await colourVideo(path.join(folder.path, 'film.mp4'), ['red', 'green', 'yellow'], 2);
  for (const { name, code } of examples) {
    await mkdir(placeOf(name));
    await copyFile(path.join(folder.path, 'film.mp4'), path.join(placeOf(name), 'film.mp4'));
    await writeFile(path.join(placeOf(name), 'example.mts'), code);
  }
  await writeFile(path.join(folder.path, 'tsconfig.json'), JSON.stringify(STRICT));
  const compiler = path.join(ROOT, 'node_modules/.bin/tsc');
  const compiled = await startCommand(compiler, ['--pretty', 'false'], { cwd: folder.path }).ended;
  expect(compiled).toMatchObject({ code: 0, stdout: '' });
});
afterAll(() => folder.remove());

function placeOf(name: string): string {
  return path.join(folder.path, name.replaceAll(/\W+/g, '-'));
}

const CAPTIONS =
  /^(\d+ [\d.]+ A red picture -> A bright red picture\n){2}(.*green.*\n){4}(.*yellow.*\n){2}8 captions\n$/;

/** What each example writes to stdout. */
const OUTPUT: Readonly<Record<string, string | RegExp>> = {
  'Captions of a video 1':
    '0 s to 2 s: A bright red picture\n2 s to 4 s: A bright green picture\n4 s to 6 s: A bright yellow picture\n',
  'Captions of a video 2': '3 keyframes, 3 cues, done\n',
  'Which frames, which part, how 1': CAPTIONS,
  'Several readers, RxJS 1': 'A bright red picture\nA bright green picture\nA bright yellow picture\n',
  'Stopping and resuming 1': 'A bright red picture\nstopped; the next run of the same video goes on from here\n',
  'Errors 1': 'missing-file false "missing.mp4" does not exist: check the name.\n',
  'Your own captioner, selector, writer 1': 'A dark picture\nA bright picture\ndone\n',
  'Folders, and tracks that exist 1': 'A bright red picture; A bright green picture; A bright yellow picture\n',
};

test('each section has its examples, and each example an expected output', () => {
  expect(examples.map(({ name }) => name)).toEqual(Object.keys(OUTPUT));
});

test.each(examples)('docs/api.md: $name', async ({ name, code }) => {
  const place = placeOf(name);
  const ended = await startCommand(process.execPath, ['example.mjs'], {
    cwd: place,
    env: { SECONDGLANCE_STATE_DIR: path.join(place, 'state') },
  }).ended;
  const output = OUTPUT[name] ?? '';
  expect(ended).toMatchObject({
    code: 0,
    stdout: typeof output === 'string' ? output : expect.stringMatching(output),
    stderr: expect.stringMatching(/^(\d+ keyframes, .* s\n)*$/),
  });
  for (const [, file = ''] of code.matchAll(/'((?:tracks\/)?film\.\w+)'/g)) await access(path.join(place, file));
});
