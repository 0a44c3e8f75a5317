import path from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const files = globSync(['{src,web/src}/**/*.{ts,tsx}', 'test/**/*.ts'], { cwd: root }).sort();

/** Files of these names do the same thing for their module. */
const SAME_IN_EVERY_MODULE = ['errors.ts', 'types.ts', 'index.ts'];
/** A file a command, and a file of errors a module: named after what they belong to, and as many as those are. */
const FILE_EACH = ['src/cli/commands', 'src/core/catalogue'];
/** A folder should have about 15 files. */
const MOST = 20;

function grouped(names: readonly string[], keyOf: (name: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) groups.set(keyOf(name), [...(groups.get(keyOf(name)) ?? []), name]);
  return groups;
}

test('no folder has too many files', () => {
  const folders = [...grouped(files, path.dirname)].filter(([folder]) => !FILE_EACH.includes(folder));
  expect(
    folders.filter(([, { length }]) => length > MOST).map(([folder, { length }]) => `${folder}: ${length}`),
  ).toEqual([]);
});

test('no two source files that do different things share a name', () => {
  const sources = files.filter((file) => !file.startsWith('test/') && !FILE_EACH.includes(path.dirname(file)));
  const named = [...grouped(sources, path.basename)].filter(([name]) => !SAME_IN_EVERY_MODULE.includes(name));
  expect(named.filter(([, { length }]) => length > 1).map(([, all]) => all.join(' '))).toEqual([]);
});

test('a test file lies where the module lies that it tests', () => {
  const modules = new Set(
    globSync('{src,web/src}/**/', { cwd: root, onlyDirectories: true }).map((name) => path.join(name, '.')),
  );
  const elsewhere = /^test\/(index|docs|players|queue\/chaos|[a-z]+\/cli|fixtures)$/;
  const folders = new Set(files.filter((file) => file.endsWith('.test.ts')).map((file) => path.dirname(file)));
  const lost = [...folders].filter(
    (folder) =>
      folder !== 'test' &&
      !elsewhere.test(folder) &&
      !modules.has(folder.replace(/^test\/page\b/, 'web/src').replace(/^test/, 'src')),
  );
  expect(lost).toEqual([]);
});
