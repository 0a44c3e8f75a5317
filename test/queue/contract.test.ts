import { describe, expect, test, vi } from 'vitest';
import { type CaptionedGroup, type GroupWork, type RunOptions, runGroups } from '../../src/captioning/run-groups.ts';
import type { Caption, Group } from '../../src/core/types.ts';
import { until } from '../support/processes.ts';
import { tinyGroup } from '../support/tiny-groups.ts';
import { contexts, leftovers } from './support/contexts.ts';
import { runOverRedis } from './support/over-redis.ts';

type Run = (
  groups: AsyncIterable<Group>,
  work: GroupWork,
  options: RunOptions,
) => AsyncGenerator<CaptionedGroup, void, undefined>;

vi.setConfig({ testTimeout: 240_000 });

const { context } = contexts();
const colours = ['red', 'green', 'blue', 'white', 'black', 'gray', 'yellow', 'purple'] as const;

/** `count` groups of eight different pictures; `given` counts what was taken of them. */
function source(count: number, error?: Error) {
  const state = { given: 0 };
  const groups = async function* () {
    for (let index = 0; index < count; index += 1) {
      state.given += 1;
      yield tinyGroup([...colours.slice(index % 8), ...colours.slice(0, index % 8)], index);
    }
    if (error !== undefined) throw error;
  };
  return { state, groups };
}

/** Says of every picture its time and its first bytes: what a caption is made of, so that a mix-up shows. */
const describeGroup: GroupWork = async (group): Promise<Caption[]> =>
  group.keyframes.map(({ video, index, pts, still, pixels, width, height }) => {
    const text = `${pts} ${width}x${height} ${pixels.length} ${pixels.slice(0, 3).join(',')}`;
    return { video, index, pts, still, draft: text, text, confidence: 1, passes: 2 };
  });

const quiet = () => new AbortController().signal;

async function collect(results: AsyncIterable<CaptionedGroup>): Promise<CaptionedGroup[]> {
  const all: CaptionedGroup[] = [];
  for await (const result of results) all.push(result);
  return all.sort((a, b) => a.index - b.index);
}

/** The truth: every group given to the work, one after the other. */
async function truth(count: number): Promise<CaptionedGroup[]> {
  const all: CaptionedGroup[] = [];
  for await (const group of source(count).groups()) {
    all.push({ video: group.video, index: group.index, captions: await describeGroup(group, quiet()) });
  }
  return all;
}

const queues: Record<string, () => Promise<Run>> = {
  'in this process': async () => runGroups,
  'BullMQ on Redis': async () => runOverRedis(await context()),
};

describe.each(Object.entries(queues))('%s', (_, make) => {
  test('every group comes once, with what its own pictures gave', async () => {
    const run = await make();
    expect(await collect(run(source(11).groups(), describeGroup, { concurrency: 3, signal: quiet() }))).toEqual(
      await truth(11),
    );
  });

  test('nothing in, nothing out', async () => {
    const run = await make();
    expect(await collect(run(source(0).groups(), describeGroup, { concurrency: 2, signal: quiet() }))).toEqual([]);
  });

  test('the source is read no further ahead than the work allows', async () => {
    const run = await make();
    const { state, groups } = source(40);
    let running = 0;
    let most = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const work: GroupWork = async (group, signal) => {
      running += 1;
      most = Math.max(most, running);
      await gate;
      running -= 1;
      return describeGroup(group, signal);
    };
    const results = collect(run(groups(), work, { concurrency: 2, signal: quiet() }));
    await until(() => state.given > 0, 120, 'a group given');
    // Another run does all of its groups meanwhile: this one had the time to take more.
    const other = await make();
    await collect(other(source(40).groups(), describeGroup, { concurrency: 2, signal: quiet() }));
    // Twice the concurrency may be held, and one more be on its way in.
    expect(state.given).toBeLessThanOrEqual(5);
    open();
    expect((await results).length).toBe(40);
    expect(most).toBeLessThanOrEqual(2);
  });

  test('what a source gave before its error comes out before the error', async () => {
    const run = await make();
    const seen: number[] = [];
    const reading = async () => {
      for await (const { index } of run(source(5, new Error('torn')).groups(), describeGroup, {
        concurrency: 2,
        signal: quiet(),
      })) {
        seen.push(index);
      }
    };
    await expect(reading()).rejects.toThrow('torn');
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4]);
  });

  test('an abort ends the run with its reason', async () => {
    const run = await make();
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    let begun = false;
    const work: GroupWork = (_group, signal) => {
      begun = true;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const results = run(source(9).groups(), work, { concurrency: 2, signal: controller.signal });
    const first = results.next();
    first.catch(() => undefined);
    await until(() => begun, 120, 'a group begun');
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
  });
});

test('nothing of a finished video is left in Redis but its record', async () => {
  const queue = await context();
  await collect(runOverRedis(queue)(source(9).groups(), describeGroup, { concurrency: 2, signal: quiet() }));
  expect(await leftovers(queue)).toEqual([]);
});
