import { expect, test } from 'vitest';
import { ArrivingCues } from '../../../web/src/state/arriving-cues.ts';

const cues = [0, 2, 4.0004, 6].map((start) => ({ start, end: start + 2, text: `at ${start}` }));

test('cues that are added are taken once, also where a run begins again', () => {
  const arriving = new ArrivingCues();
  arriving.begin({ revision: 'none.r1+0' });
  expect(arriving.take(cues.slice(0, 3))).toEqual(cues.slice(1, 3));
  expect(arriving.revisionOf('none.r1+0')).toBe('none.r1+4000');
  expect(arriving.take(cues.slice(0, 2))).toEqual([]);
  expect(arriving.take(cues)).toEqual([cues[3]]);
  // What somebody saved when there were two gets those that came after.
  const theirs = { revision: 'abc.r1+2000', cues: [{ start: 0, end: 4, text: 'Mine' }] };
  expect(arriving.complete(theirs)).toEqual([...theirs.cues, ...cues.slice(2)]);
  arriving.end();
  expect(arriving.revisionOf('abc.r1+2000')).toBe('abc.r1');
});

test('a list without cues takes all, and a complete one none', () => {
  const arriving = new ArrivingCues();
  arriving.begin({ revision: 'none.r1+-1' });
  expect(arriving.take(cues)).toEqual(cues);
  arriving.begin({ revision: 'abc' });
  expect(arriving.take(cues)).toEqual([]);
  expect(arriving.revisionOf('abc')).toBe('abc');
});
