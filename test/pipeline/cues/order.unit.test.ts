import { from, lastValueFrom, of, Subject, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import type { Caption } from '../../../src/core/types.ts';
import { type GroupCaptions, orderCaptions } from '../../../src/pipeline/cues/order.ts';
import { captions } from '../support/captions.ts';

const all = captions([0, 1, 2, 3, 4, 5, 6].map((at) => ({ at, text: `text ${at}` })));
/** Groups of two, the last of one. */
const groups: GroupCaptions[] = [0, 1, 2, 3].map((index) => ({ index, captions: all.slice(2 * index, 2 * index + 2) }));

function permutations<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, at) =>
    permutations([...values.slice(0, at), ...values.slice(at + 1)]).map((rest) => [value, ...rest]),
  );
}

test('every order of arrival gives the same captions', async () => {
  for (const order of permutations(groups)) {
    expect(await lastValueFrom(of(...order).pipe(orderCaptions(3), toArray()))).toEqual(all);
  }
});

test('captions are emitted as soon as it is their turn, not at the end', () => {
  const arriving = new Subject<GroupCaptions>();
  const seen: Caption[] = [];
  arriving.pipe(orderCaptions(4)).subscribe((caption) => seen.push(caption));
  const [first, second, third] = groups;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three groups');
  arriving.next(second);
  expect(seen).toHaveLength(0);
  arriving.next(first);
  expect(seen).toHaveLength(4);
  arriving.next(third);
  expect(seen).toHaveLength(6);
});

test('a group that is delivered twice counts once', async () => {
  const [a, b, c, d] = groups as [GroupCaptions, GroupCaptions, GroupCaptions, GroupCaptions];
  expect(await lastValueFrom(of(b, b, a, a, d, c, b, d).pipe(orderCaptions(4), toArray()))).toEqual(all);
});

test('a missing group is an error that names it', async () => {
  const [a, , c, d] = groups as [GroupCaptions, GroupCaptions, GroupCaptions, GroupCaptions];
  await expect(lastValueFrom(of(a, c, d).pipe(orderCaptions(4), toArray()))).rejects.toMatchObject({
    code: 'captions-incomplete',
    message: expect.stringContaining('group 1 is missing at the end'),
  });
});

test('no more groups wait than the limit', async () => {
  const [, b, c, d] = groups as [GroupCaptions, GroupCaptions, GroupCaptions, GroupCaptions];
  await expect(lastValueFrom(of(b, c, d).pipe(orderCaptions(2), toArray()))).rejects.toMatchObject({
    code: 'captions-incomplete',
  });
});

test('an empty stream is an empty stream', async () => {
  expect(await lastValueFrom(from<GroupCaptions[]>([]).pipe(orderCaptions(2), toArray()))).toEqual([]);
});
