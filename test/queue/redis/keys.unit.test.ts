import { expect, test } from 'vitest';
import { inFlightMember, keysOf, requireVideoId } from '../../../src/queue/redis/keys.ts';

const VIDEO = `v${'1'.repeat(24)}`;

test('every key begins with the prefix, and no two are the same', () => {
  const keys = keysOf('night');
  const names = Object.values(keys).map((key: string | ((video: string) => string)) =>
    typeof key === 'string' ? key : key(VIDEO),
  );
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^night:[a-z-]+(:v1{24})?$/);
});

test.each(['', '*', 'v1', `${VIDEO}:lock`, `${VIDEO}\n`, '../v', VIDEO.toUpperCase()])(
  'what is no ID of a video becomes no key: %j',
  (text) => {
    const refusal = expect.objectContaining({ code: 'bad-payload' });
    expect(() => requireVideoId(text)).toThrow(refusal);
    const { record, results, failedGroups, frames } = keysOf('night');
    for (const key of [record, results, failedGroups, frames]) expect(() => key(text)).toThrow(refusal);
  },
);

test('a member of the groups in flight names model, video and group', () => {
  expect(inFlightMember('a'.repeat(64), { video: VIDEO, group: 12 })).toBe(`${'a'.repeat(12)}/${VIDEO}/12`);
});
