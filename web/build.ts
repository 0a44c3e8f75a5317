import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

// Builds the page into dist/page, or another folder, for `secondglance serve`: node --import tsx web/build.ts [FOLDER]
//
// Scripts and styles have a hash in their name, so that browsers may keep them for ever. All addresses are relative: the page works under any
// path. Nothing is inline, so that the content security policy can refuse what is.

const here = import.meta.dirname;
const out = path.resolve(process.argv[2] ?? path.join(here, '../dist/page'));
const assets = path.join(out, 'assets');

await rm(out, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [path.join(here, 'src/main.tsx')],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  metafile: true,
  legalComments: 'none',
  outdir: assets,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  logLevel: 'warning',
});

// The schemas are for the server: `import type` leaves them, and the library that they are made with, out of the page.
const carried = Object.keys(metafile.inputs).filter((input) => /src\/web\/api\/(routes|schemas)|\/zod\//.test(input));
if (carried.length > 0) throw new Error(`The page would carry code of the server: ${carried.join(', ')}`);

/** The name with its hash of what was made of the entry point, by extension. */
function built(extension: string): string {
  const script = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith('main.tsx'));
  const file = extension === '.js' ? script?.[0] : script?.[1].cssBundle;
  if (file === undefined) throw new Error(`The build made no ${extension} file of web/src/main.tsx`);
  return path.basename(file);
}

const html = await readFile(path.join(here, 'index.html'), 'utf8');
await mkdir(assets, { recursive: true });
await copyFile(path.join(here, 'icon.svg'), path.join(assets, 'icon.svg'));
await writeFile(
  path.join(out, 'index.html'),
  html.replace('assets/main.css', `assets/${built('.css')}`).replace('assets/main.js', `assets/${built('.js')}`),
);
