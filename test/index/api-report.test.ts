import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { program } from '../cli/support/program.ts';
import { apiReport } from './support/api-report.ts';

const REPORT = path.join(import.meta.dirname, '../../docs/api-report.txt');

test('docs/api-report.txt is the public API; where a change is meant: npm run api-report, and CHANGELOG.md', async () => {
  const dist = path.join(path.dirname(await program()), '..');
  expect(apiReport(dist)).toBe(await readFile(REPORT, 'utf8'));
});
