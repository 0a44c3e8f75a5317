import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, program, startCommand } from '../cli/support/program.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { apiExamples, STRICT } from './support/examples.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const { files, devDependencies } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly files: readonly string[];
  readonly devDependencies: Readonly<Record<string, string>>;
};

let folder: { readonly path: string; remove(): Promise<void> };
/** What is in the package. */
let packed: string[];

function at(...names: string[]): string {
  return path.join(folder.path, ...names);
}

async function run(cwd: string, command: string, ...args: string[]): Promise<Ended> {
  const env = { ONNXRUNTIME_NODE_INSTALL: 'skip', SECONDGLANCE_STATE_DIR: at('state') };
  return startCommand(command, args, { cwd, env }).ended;
}

async function succeed(cwd: string, command: string, ...args: string[]): Promise<string> {
  const ended = await run(cwd, command, ...args);
  expect(ended).toMatchObject({ code: 0 });
  return ended.stdout;
}

/** Writes files into an empty project of the given module type that has the package installed. */
async function project(
  name: string,
  type: 'module' | 'commonjs',
  texts: Readonly<Record<string, string>>,
): Promise<string> {
  await mkdir(at('app', name), { recursive: true });
  await writeFile(at('app', name, 'package.json'), JSON.stringify({ private: true, type }));
  await writeFile(at('app', name, 'tsconfig.json'), JSON.stringify(STRICT));
  for (const [file, text] of Object.entries(texts)) await writeFile(at('app', name, file), text);
  await cp(at('film.mp4'), at('app', name, 'film.mp4'));
  return at('app', name);
}

beforeAll(async () => {
  folder = await makeFolder();
  // As `npm pack` packs the checkout, but with the build of this test run, so that dist/ is left alone.
  await mkdir(at('pack'));
  for (const name of ['package.json', 'README.md', ...files.filter((file) => file !== 'dist')]) {
    await cp(path.join(ROOT, name), at('pack', name), { recursive: true });
  }
  await cp(path.join(path.dirname(await program()), '..'), at('pack/dist'), { recursive: true });
  const [archive] = JSON.parse(await succeed(at('pack'), 'npm', 'pack', '--ignore-scripts', '--json')) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  packed = archive.files.map((file) => file.path);
  await mkdir(at('app'));
  await writeFile(at('app/package.json'), JSON.stringify({ private: true }));
  const types = `@types/node@${devDependencies['@types/node']}`;
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await succeed(at('app'), 'npm', 'install', ...quiet, at('pack', archive.filename), types);
  // The bundle of the package captions no plain colours, and leaves out what it is unsure of. It takes green noise for grass.
  const grass = 'color=c=0x3a7a2a:size=320x240:rate=10,noise=alls=60';
  await ffmpeg('-f', 'lavfi', '-i', grass, '-t', '4', '-c:v', 'mpeg4', '-q:v', '2', at('film.mp4'));
});
afterAll(() => folder.remove());

test('the package has the program, the library, its types and the model, and nothing of the sources', () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      ...['dist/cli/main.js', 'dist/index.js', 'dist/index.d.ts', 'dist/workers/pool/child.js', 'dist/page/index.html'],
      ...['models/everyday-small/bundle.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'],
    ]),
  );
  expect(packed.filter((file) => !/^(dist|models)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(file))).toEqual([]);
});

test('ES modules, strict TypeScript: the first example compiles and runs', async () => {
  const [example] = await apiExamples();
  const place = await project('esm', 'module', { 'example.ts': example?.code ?? '' });
  expect(await succeed(place, path.join(ROOT, 'node_modules/.bin/tsc'), '--pretty', 'false')).toBe('');
  expect(await succeed(place, process.execPath, 'example.js')).toMatch(/^0 s to [\d.]+ s: \w.*\n/);
  expect(await readFile(path.join(place, 'film.vtt'), 'utf8')).toMatch(/^WEBVTT\n/);
});

test('CommonJS: import() with types, and require() where Node has it for ES modules', async () => {
  const place = await project('cjs', 'commonjs', {
    'example.ts': `
async function main(): Promise<void> {
  const { captionVideo, openCaptioner } = await import('secondglance');
  const captioner = await openCaptioner();
  try {
    const { state } = await captionVideo('film.mp4', { captioner }).writeTo('film.srt');
    console.log(state);
  } finally {
    await captioner.close();
  }
}
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
`,
    'required.cjs': "console.log(Object.keys(require('secondglance')).includes('captionVideo'));",
  });
  expect(await succeed(place, path.join(ROOT, 'node_modules/.bin/tsc'), '--pretty', 'false')).toBe('');
  expect(await succeed(place, process.execPath, 'example.js')).toBe('done\n');
  if ('require_module' in process.features)
    expect(await succeed(place, process.execPath, 'required.cjs')).toBe('true\n');
});

test('nothing else can be imported, and the program runs', async () => {
  const place = await project('rest', 'module', { 'deep.js': "await import('secondglance/dist/core/errors.js');" });
  expect(await run(place, process.execPath, 'deep.js')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED'),
  });
  expect(await succeed(place, 'npx', 'secondglance', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});
