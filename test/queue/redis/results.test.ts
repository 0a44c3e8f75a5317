import { expect, test } from 'vitest';
import { contexts } from '../support/contexts.ts';
import { beginVideo } from '../support/over-redis.ts';

const { context } = contexts();

test('captions count once, for the active run only', async () => {
  const queue = await context();
  const producer = await beginVideo(queue);
  const group = { ...producer, group: 0 };
  const result = (text: string) => ({
    captions: [{ video: 'made', index: 0, pts: 0, still: false, draft: text, text, confidence: 1, passes: 2 as const }],
    runtime: 'made',
    host: 'here',
  });
  expect(await queue.results.commit(group, result('first'))).toBe('committed');
  expect(await queue.results.commit(group, result('second'))).toBe('duplicate');
  expect((await queue.results.read(producer.video, 0, 2)).map((read) => read?.captions[0]?.text)).toEqual(['first']);
  expect(await queue.results.commit({ ...group, run: 7 }, result('of another run'))).toBe('cancelled');
  expect(await queue.results.missing(producer.video, 3)).toEqual([1, 2]);
  expect((await queue.records.read(producer.video))?.done).toBe(1);
});

test('a result that this version did not write, that is too long or of another group counts as lost', async () => {
  const queue = await context();
  const { video } = await beginVideo(queue);
  const caption = { video: 'made', index: 8, pts: 0, still: false, draft: 'a', text: 'a', confidence: 1, passes: 2 };
  const result = (captions: object[]): string => JSON.stringify({ captions, runtime: 'made', host: 'here' });
  const foreign = [
    '{"captions":[]}',
    'no JSON',
    result([{ ...caption, index: 0 }]),
    result([{ ...caption, confidence: 7 }]),
    result([{ ...caption, text: 'a'.repeat(2 ** 21) }]),
  ];
  for (const json of foreign) {
    await queue.redis.hset(queue.keys.results(video), '1', json);
    expect(await queue.results.read(video, 1, 2)).toEqual([undefined]);
    expect(await queue.results.missing(video, 2)).toEqual([0, 1]);
  }
});
