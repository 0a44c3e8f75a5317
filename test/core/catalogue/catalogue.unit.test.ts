import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CATALOGUE, isErrorCode } from '../../../src/core/catalogue/catalogue.ts';
import { SecondGlanceError } from '../../../src/core/errors.ts';

const PAGE = path.join(import.meta.dirname, '../../../docs/errors.md');
const RETRY = new Map<string | undefined, boolean | 'depends'>([
  ['yes', true],
  ['no', false],
  ['depends', 'depends'],
]);

test('docs/errors.md lists the codes of the catalogue, each once and with the same words', async () => {
  const rows = (await readFile(PAGE, 'utf8')).split('\n').filter((line) => line.startsWith('| `'));
  const documented = rows.map((row) => {
    const [code = '', retry, meaning, remedy] = row.slice(2, -2).split(' | ');
    return [code.replaceAll('`', ''), { retryable: RETRY.get(retry), meaning, remedy }] as const;
  });
  expect(Object.fromEntries(documented)).toEqual(ERROR_CATALOGUE);
  expect(documented).toHaveLength(Object.keys(ERROR_CATALOGUE).length);
});

test('texts of the catalogue are whole sentences that fit a table', () => {
  for (const [code, { meaning, remedy }] of Object.entries(ERROR_CATALOGUE)) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const text of [meaning, remedy]) expect(text).toMatch(/^[^|]*\.$/);
  }
});

test('the catalogue decides whether an error is retryable; an error decides itself only where it says `depends`', () => {
  const retryable = (code: keyof typeof ERROR_CATALOGUE, option?: boolean): boolean =>
    new SecondGlanceError(code, 'x', option === undefined ? {} : { retryable: option }).retryable;
  expect(retryable('worker-start')).toBe(true);
  expect(retryable('worker-start', false)).toBe(true);
  expect(retryable('missing-file', true)).toBe(false);
  expect(retryable('http-status')).toBe(false);
  expect(retryable('http-status', true)).toBe(true);
});

test('codes from outside are told apart from those of the catalogue', () => {
  expect(isErrorCode('journal-busy')).toBe(true);
  expect(isErrorCode('toString')).toBe(false);
});
