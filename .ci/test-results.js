// Reads what vitest's JSON reporter wrote about test runs, each NAME.json and, where what failed ran once more, NAME-again.json:
//   files NAME       the test files that failed in the first run, one a line
//   names NAME       the tests that failed in either run, one a line; a file that failed as a whole by its path
//   counts NAME...   tests that passed, failed, were flaky (passed the second time) and were skipped, in all runs together
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A report; undefined where vitest ended before it wrote one. */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const pathOf = ({ name }) => path.relative(process.cwd(), name);

const failedIn = (report) => report?.testResults.filter(({ status }) => status === 'failed') ?? [];

function namesIn(report) {
  return failedIn(report).flatMap((result) => {
    const tests = result.assertionResults.filter(({ status }) => status === 'failed');
    if (tests.length === 0) return [pathOf(result)];
    return tests.map(({ fullName }) => `${pathOf(result)} > ${fullName.trim()}`);
  });
}

/** The tests of a run that failed for good, and those that were flaky. */
function outcomeOf(name) {
  const [first, again] = [read(`${name}.json`), read(`${name}-again.json`)];
  const before = namesIn(first);
  const failed = again === undefined ? before : namesIn(again);
  return { first, failed, flaky: before.filter((test) => !failed.includes(test)) };
}

const [what, ...names] = process.argv.slice(2);
const outcomes = names.map(outcomeOf);
const sum = (countOf) => outcomes.reduce((total, outcome) => total + countOf(outcome), 0);
const lines = {
  files: () => outcomes.flatMap(({ first }) => failedIn(first).map(pathOf)),
  names: () =>
    outcomes.flatMap(({ failed, flaky }) => [
      ...failed.map((test) => `failed: ${test}`),
      ...flaky.map((test) => `flaky:  ${test}`),
    ]),
  counts: () => [
    [
      sum(({ first }) => first?.numPassedTests ?? 0),
      sum(({ failed }) => failed.length),
      sum(({ flaky }) => flaky.length),
      sum(({ first }) => first?.numPendingTests ?? 0),
    ].join(' '),
  ],
};
for (const line of lines[what]()) process.stdout.write(`${line}\n`);
