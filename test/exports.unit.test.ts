import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const declaration = /^export (?:declare |abstract |async )*(?:function\*?|class|interface|type|const|let) (?!\{)/;

/** Lines `file:line` of exported declarations in `text` that no doc comment precedes. */
function undocumented(file: string, text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!declaration.test(line)) return [];
    const before = lines[at - 1] ?? '';
    // The overloads of a function share the comment of the first.
    const overload = /^export function (\w+)/.exec(line)?.[1];
    if (overload !== undefined && before.startsWith(`export function ${overload}(`)) return [];
    return /\*\/\s*$/.test(before) ? [] : [`${file}:${at + 1}`];
  });
}

test('the check sees an export without a doc comment', () => {
  expect(undocumented('a.ts', '/** yes */\nexport const a = 1;\n\nexport function b() {}\n')).toEqual(['a.ts:4']);
  expect(undocumented('index.ts', "export type { A } from './a.ts';\n")).toEqual([]);
});

test('every export has a doc comment', () => {
  const files = globSync('{src,web/src}/**/*.{ts,tsx}', { cwd: root });
  expect(files.length).toBeGreaterThan(10);
  expect(files.flatMap((file) => undocumented(file, readFileSync(path.join(root, file), 'utf8')))).toEqual([]);
});
