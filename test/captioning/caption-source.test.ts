import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captionSource, captionStream, type SourceRequest } from '../../src/captioning/caption-source.ts';
import type { Caption } from '../../src/core/types.ts';
import { parseChoice } from '../../src/ingest/selectors/registry.ts';
import type { Captioner } from '../../src/workers/captioner.ts';
import { colourVideo } from '../cli/support/room.ts';
import { IMAGE, NEVER, sourceOf } from '../support/reading.ts';
import { makeFolder } from '../support/videos.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let film: string;
beforeAll(async () => {
  folder = await makeFolder();
  film = await colourVideo(path.join(folder.path, 'film.mp4'), ['red', 'green'], 1);
});
afterAll(() => folder.remove());

/** A captioner that notes its groups, and fails those that `fails` names. */
function noting(fails: readonly number[] = []): Captioner & { readonly groups: number[] } {
  const groups: number[] = [];
  return {
    groups,
    model: { name: 'own', version: '1', sha256: '0'.repeat(64) },
    runtime: 'test',
    image: IMAGE,
    concurrency: 1,
    open: async () => undefined,
    close: async () => undefined,
    caption: async (group, { passes }) => {
      groups.push(group.index);
      const error = { code: 'group-failed', message: 'the model failed' };
      return group.keyframes.map(({ video, index, pts, still }): Caption => {
        const caption = { video, index, pts, still, draft: 'a', text: 'a', confidence: 1, passes };
        return fails.includes(group.index) ? { ...caption, error } : caption;
      });
    },
  };
}

/** Captions the film, two seconds at ten keyframes a second; returns the groups in the order in which they came. */
async function captions(captioner: Captioner, stateDir: string, more: Partial<SourceRequest> = {}, done = false) {
  const request: SourceRequest = {
    source: await sourceOf(film),
    identity: { path: film },
    settings: { choice: parseChoice('every:100ms'), passes: 1 },
    ...{ captioner, stateDir, resume: true, signal: NEVER, ...more },
  };
  return captionSource(request, async (captioned, journal) => {
    const { groups, end } = captionStream(captioned);
    const found: number[] = [];
    for await (const { index } of groups) found.push(index);
    const { keyframes } = await end();
    if (done) await journal.remove();
    return { found: found.sort(), keyframes };
  });
}

const journals = (stateDir: string): Promise<string[]> => readdir(path.join(stateDir, 'journals'));

test('what is durable is not captioned again, a failed group is; the journal goes when it is no longer needed', async () => {
  const state = path.join(folder.path, 'resumed');
  const first = noting([1]);
  expect(await captions(first, state)).toEqual({ found: [0, 1, 2], keyframes: 20 });
  expect(first.groups).toEqual([0, 1, 2]);

  const second = noting();
  expect(await captions(second, state, {}, true)).toEqual({ found: [0, 1, 2], keyframes: 20 });
  expect(second.groups).toEqual([1]);
  expect(await journals(state)).toEqual([]);
});

test('other options, and a run that starts over, caption everything', async () => {
  const state = path.join(folder.path, 'afresh');
  await captions(noting(), state);
  const other = noting();
  await captions(other, state, { settings: { choice: parseChoice('every:100ms'), passes: 2 } });
  expect(other.groups).toEqual([0, 1, 2]);
  const fresh = noting();
  await captions(fresh, state, { resume: false });
  expect(fresh.groups).toEqual([0, 1, 2]);
});

test('a range without a frame is an error that says how long the video is', async () => {
  const settings = { choice: parseChoice('every:100ms'), passes: 1, from: 60_000_000 } as const;
  await expect(captions(noting(), path.join(folder.path, 'range'), { settings })).rejects.toMatchObject({
    code: 'empty-range',
    message: expect.stringContaining('"film.mp4", which is 2.0 s long'.replace('film.mp4', film)),
  });
});

test('an aborted run ends with the reason, not with what its decoder said, and keeps its journal', async () => {
  const state = path.join(folder.path, 'aborted');
  const controller = new AbortController();
  const reason = new Error('enough');
  const own = noting();
  const captioner: Captioner = {
    ...own,
    caption: (group, options, signal) => {
      if (group.index === 1) controller.abort(reason);
      signal.throwIfAborted();
      return own.caption(group, options, signal);
    },
  };
  await expect(captions(captioner, state, { signal: controller.signal })).rejects.toBe(reason);
  expect(await journals(state)).toHaveLength(1);
});
