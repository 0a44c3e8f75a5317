import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type CaptionedGroup, type GroupWork, runGroups } from '../../src/captioning/run-groups.ts';
import type { Caption, Group } from '../../src/core/types.ts';
import { tinyGroup } from '../support/tiny-groups.ts';

/** Groups 0 to `count - 1`, counting what was read and whether the source was told to stop. */
class Source {
  read = 0;
  returned = 0;
  readonly #count: number;
  readonly #error: Error | undefined;

  constructor(count: number, error?: Error) {
    this.#count = count;
    this.#error = error;
  }

  [Symbol.asyncIterator](): AsyncIterator<Group> {
    return {
      next: async () => {
        await turn();
        if (this.read === this.#count && this.#error) throw this.#error;
        if (this.read === this.#count) return { done: true, value: undefined };
        return { done: false, value: tinyGroup(['red'], this.read++) };
      },
      return: async () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }
}

/** Work that ends when told to, in any order. */
class Bench {
  most = 0;
  readonly started: number[] = [];
  readonly aborted: number[] = [];
  readonly #open = new Map<number, { done: () => void; fail: (error: Error) => void }>();

  readonly work: GroupWork = (group, signal) => {
    this.started.push(group.index);
    return new Promise<Caption[]>((resolve, reject) => {
      const end = (settle: () => void) => {
        if (this.#open.delete(group.index)) settle();
      };
      this.#open.set(group.index, { done: () => end(() => resolve([])), fail: (error) => end(() => reject(error)) });
      this.most = Math.max(this.most, this.#open.size);
      const abort = () => {
        this.aborted.push(group.index);
        reject(signal.reason);
      };
      signal.addEventListener('abort', () => end(abort));
    });
  };

  get running(): number[] {
    return [...this.#open.keys()];
  }

  finish(index: number): void {
    this.#open.get(index)?.done();
  }

  fail(index: number, error: Error): void {
    this.#open.get(index)?.fail(error);
  }
}

/** Lets everything happen that can happen without further ado. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

const quiet = () => new AbortController().signal;
const instantly: GroupWork = async () => [];

async function collect(results: AsyncIterable<CaptionedGroup>): Promise<number[]> {
  const indices: number[] = [];
  for await (const { index } of results) indices.push(index);
  return indices;
}

test('every group comes out once, with what the work said of it', async () => {
  const source = new Source(50);
  const work: GroupWork = async ({ keyframes }) => {
    await turn();
    return keyframes.map(({ video, index, pts, still }) => {
      return { video, index, pts, still, draft: '', text: `of ${index}`, confidence: 1, passes: 1 };
    });
  };
  const results: CaptionedGroup[] = [];
  for await (const result of runGroups(source, work, { concurrency: 3, signal: quiet() })) results.push(result);
  expect(results.map(({ index }) => index).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  for (const { video, index, captions } of results) {
    expect(video).toBe('made');
    expect(captions[0]?.text).toBe(`of ${index * 8}`);
  }
});

test('results come as they complete, and no more than `concurrency` groups are in work', async () => {
  const bench = new Bench();
  const results = runGroups(new Source(10), bench.work, { concurrency: 2, signal: quiet() });
  const first = results.next();
  await settle();
  expect(bench.running).toEqual([0, 1]);
  bench.finish(1);
  expect((await first).value).toMatchObject({ index: 1 });
  await settle();
  expect(bench.running).toEqual([0, 2]);
  expect(bench.most).toBe(2);
  await results.return();
});

test('no more than one group for each worker is read ahead', async () => {
  const source = new Source(100);
  const bench = new Bench();
  const results = runGroups(source, bench.work, { concurrency: 3, signal: quiet() });
  const first = results.next();
  await settle();
  expect(source.read).toBe(6);
  bench.finish(0);
  await first;
  await settle();
  expect(source.read).toBe(7);
  await results.return();
});

test('a consumer that does not take what is done stops the source and the work', async () => {
  const source = new Source(100);
  let worked = 0;
  const work: GroupWork = async () => {
    worked++;
    return [];
  };
  const results = runGroups(source, work, { concurrency: 2, signal: quiet() });
  await results.next();
  await settle();
  // The one in the consumer's hands, and four that wait for it.
  expect(source.read).toBe(5);
  expect(worked).toBeLessThanOrEqual(5);
  expect(await collect(results)).toHaveLength(99);
});

test('the groups that others finish do not run away from a slow one', async () => {
  const source = new Source(100);
  let finish: (captions: Caption[]) => void = () => {};
  const slow = new Promise<Caption[]>((resolve) => {
    finish = resolve;
  });
  const taken: number[] = [];
  const work: GroupWork = async ({ index }) => (index === 0 ? slow : []);
  const run = (async () => {
    for await (const { index } of runGroups(source, work, { concurrency: 2, signal: new AbortController().signal })) {
      taken.push(index);
    }
  })();
  for (let i = 0; i < 50; i++) await turn();
  expect(taken).toEqual([1, 2, 3]);
  finish([]);
  await run;
  expect(taken.length).toBe(100);
});

test('work goes on while the consumer is busy', async () => {
  const bench = new Bench();
  const results = runGroups(new Source(10), bench.work, { concurrency: 1, signal: quiet() });
  const first = results.next();
  await settle();
  bench.finish(0);
  await first;
  await settle();
  expect(bench.running).toEqual([1]);
  await results.return();
});

test('an error of the work ends the run: what was done comes out, the rest is aborted, the source is told', async () => {
  const source = new Source(10);
  const bench = new Bench();
  const results = runGroups(source, bench.work, { concurrency: 3, signal: quiet() });
  const first = results.next();
  await settle();
  bench.finish(0);
  bench.finish(1);
  await settle();
  bench.fail(2, new Error('broken'));
  await settle();
  expect((await first).value).toMatchObject({ index: 0 });
  expect((await results.next()).value).toMatchObject({ index: 1 });
  await expect(results.next()).rejects.toThrow('broken');
  expect(bench.aborted).toEqual([3, 4]);
  expect(source.returned).toBe(1);
});

test('work that throws instead of rejecting is no different', async () => {
  const work: GroupWork = () => {
    throw new Error('at once');
  };
  await expect(collect(runGroups(new Source(3), work, { concurrency: 2, signal: quiet() }))).rejects.toThrow('at once');
});

test('an error of the source comes after the results of all that it gave before', async () => {
  const source = new Source(4, new Error('torn'));
  const bench = new Bench();
  const seen: number[] = [];
  const run = async () => {
    for await (const { index } of runGroups(source, bench.work, { concurrency: 2, signal: quiet() })) seen.push(index);
  };
  const running = expect(run()).rejects.toThrow('torn');
  for (const index of [1, 0, 3, 2]) {
    await settle();
    bench.finish(index);
  }
  await running;
  expect(seen).toEqual([1, 0, 3, 2]);
  expect(bench.aborted).toEqual([]);
});

test('abort rejects with its reason, aborts the work and tells the source', async () => {
  const source = new Source(10);
  const bench = new Bench();
  const controller = new AbortController();
  const results = runGroups(source, bench.work, { concurrency: 2, signal: controller.signal });
  const first = results.next();
  await settle();
  const reason = new Error('Ctrl-C');
  controller.abort(reason);
  await expect(first).rejects.toBe(reason);
  expect(bench.aborted).toEqual([0, 1]);
  expect(source.returned).toBe(1);
  const late = runGroups(new Source(1), instantly, { concurrency: 1, signal: controller.signal });
  await expect(late.next()).rejects.toBe(reason);
});

test('leaving early aborts the work, waits for it and tells the source', async () => {
  const source = new Source(10);
  const bench = new Bench();
  const results = runGroups(source, bench.work, { concurrency: 2, signal: quiet() });
  const first = results.next();
  await settle();
  bench.finish(0);
  await first;
  await results.return();
  expect(bench.running).toEqual([]);
  expect(source.returned).toBe(1);
  expect(bench.started.length).toBeLessThan(10);
});

test('nothing in, nothing out', async () => {
  expect(await collect(runGroups(new Source(0), instantly, { concurrency: 4, signal: quiet() }))).toEqual([]);
});
