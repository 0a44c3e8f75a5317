import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastValueFrom, take, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Caption,
  type Captioner,
  type Cue,
  type CustomSelector,
  captionVideo,
  type ModelCaptioner,
  openCaptioner,
  type TrackWriter,
} from '../../src/index.ts';
import { colourVideo, cuesOf } from '../cli/support/room.ts';
import { tinyBundle } from '../support/run.ts';
import { makeFolder } from '../support/videos.ts';

let folder: { readonly path: string; remove(): Promise<void> };
let captioner: ModelCaptioner;
let film: string;
beforeAll(async () => {
  folder = await makeFolder();
  [captioner, film] = await Promise.all([
    openCaptioner({ model: tinyBundle(), processes: 1 }),
    colourVideo(path.join(folder.path, 'film.mp4'), ['red', 'green', 'blue'], 4),
  ]);
});
afterAll(async () => {
  await captioner.close();
  await folder.remove();
});

const RED = 'A bright red picture';
const TEXTS = [RED, 'A bright green picture', 'A bright blue picture'];

function at(...names: string[]): string {
  return path.join(folder.path, ...names);
}

let states = 0;
/** Options with a state folder of their own. */
function options<More extends object>(more: More = {} as More) {
  states += 1;
  return { captioner, frames: 'every:500ms', stateDir: at(`state-${states}`), ...more };
}

/** How many journals a run has left. */
async function journals(stateDir: string): Promise<number> {
  return (await readdir(path.join(stateDir, 'journals')).catch(() => [])).length;
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const value of values) gathered.push(value);
  return gathered;
}

/** A captioner that writes the same for every keyframe, and counts; `ready` resolves before each group. */
function ownCaptioner(ready: () => Promise<void> = async () => undefined): Captioner & { groups: number } {
  const own = {
    groups: 0,
    model: { name: 'own', version: '1', sha256: '0'.repeat(64) },
    runtime: 'test',
    image: { width: 32, height: 24, resize: 'stretch', filter: 'area', matrix: 'bt601' },
    concurrency: 1,
    open: async () => undefined,
    caption: async ({ keyframes }, { passes }, signal) => {
      await ready();
      signal.throwIfAborted();
      own.groups += 1;
      return keyframes.map(({ video, index, pts, still }) => {
        return { video, index, pts, still, draft: 'A draft', text: 'A text', confidence: 0.9, passes };
      });
    },
    close: async () => undefined,
  } satisfies Captioner & { groups: number };
  return own;
}

test('an observable, an iterable and files give the same cues, from the start and afterwards', async () => {
  const run = captionVideo(film, options());
  const observed = lastValueFrom(run.cues$.pipe(toArray()));
  const written = run.writeTo([at('a.vtt'), { path: at('a.json'), format: 'json' }]);
  const cues = await all(run.cues());
  expect(cues.map(({ text }) => text)).toEqual(TEXTS);
  expect(cues[0]).toEqual({ start: 0, end: 4_000_000, text: RED, from: [0, 1, 2, 3, 4, 5, 6, 7] });
  expect(await observed).toEqual(cues);
  expect(await written).toMatchObject({ state: 'done', keyframes: 24, cues: 3, outputs: [at('a.vtt'), at('a.json')] });
  expect(await run.done).toEqual({
    ...{ video: 'film.mp4', keyframes: 24, failed: 0, unsure: 0, blank: 0, unplaced: 0, tooShort: 0 },
    ...{ cues: 3, end: 12_000_000 },
  });

  // What comes late reads what the run has kept.
  expect(await all(run.cues())).toEqual(cues);
  expect((await all(run.captions())).map(({ index }) => index)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  await run.writeTo(at('late.vtt'));
  expect(await readFile(at('late.vtt'), 'utf8')).toBe(await readFile(at('a.vtt'), 'utf8'));
  expect(cuesOf(await readFile(at('a.vtt'), 'utf8'))).toHaveLength(3);
  expect(JSON.parse(await readFile(at('a.json'), 'utf8'))).toMatchObject({ cues: [{ text: RED }, {}, {}] });
});

test('a run that is done leaves no journal, one that is stopped goes on where it was', async () => {
  const first = options();
  await captionVideo(film, first).writeTo(at('done.vtt'));
  await expect.poll(() => journals(first.stateDir)).toBe(0);

  const gate = new AbortController();
  const own = ownCaptioner(async () => {
    if (own.groups === 2) gate.abort(new Error('enough'));
  });
  const interrupted = options({ captioner: own });
  {
    await using run = captionVideo(film, { ...interrupted, signal: gate.signal });
    await expect(run.writeTo(at('own.vtt'))).rejects.toThrow('enough');
    await expect(run.done).rejects.toThrow('enough');
    await expect(all(run.cues())).rejects.toThrow('enough');
  }
  expect(await journals(interrupted.stateDir)).toBe(1);
  await expect(stat(at('own.vtt'))).rejects.toThrow('ENOENT');

  const again = ownCaptioner();
  await captionVideo(film, { ...interrupted, captioner: again }).writeTo(at('own.vtt'));
  expect(again.groups).toBe(1);
});

test('a slow reader holds the captioner, a reader that leaves does not', async () => {
  const own = ownCaptioner();
  const shots = await colourVideo(at('long.mp4'), ['red', 'green', 'blue', 'yellow', 'white', 'black'], 16);
  // 192 keyframes: 24 groups; one group in work, four ahead of the slowest reader.
  const run = captionVideo(shots, options({ captioner: own }));
  const slow = run.captions();
  await slow.next();
  // A reader that never waits gets what there is: a few groups more than the slow one.
  const fast: Caption[] = [];
  const reading = (async () => {
    for await (const caption of run.captions()) fast.push(caption);
  })();
  await expect.poll(() => fast.length).toBeGreaterThanOrEqual(40);
  const held = own.groups;
  expect(held).toBeLessThan(12);
  await slow.return?.();
  await reading;
  expect({ captions: fast.length, groups: own.groups }).toEqual({ captions: 192, groups: 24 });
});

test('without retaining, readers that come late are refused', async () => {
  const run = captionVideo(film, options({ retain: false }));
  expect(await all(run.cues())).toHaveLength(3);
  await run.done;
  await expect(all(run.cues())).rejects.toMatchObject({ code: 'captions-dropped', retryable: false });
});

test('a selector and a writer of your own', async () => {
  let closed = false;
  const cues: Cue[] = [];
  const writer: TrackWriter = {
    caption: async () => undefined,
    cue: async (cue) => {
      cues.push(cue);
    },
    finish: async () => {
      closed = true;
      return { bytes: 0, sha256: '' };
    },
    abort: async () => undefined,
  };
  const selector: CustomSelector = {
    name: 'every third',
    create: () => {
      let seen = 0;
      return {
        push: ({ pts, pixels }) => (seen++ % 3 === 0 ? [{ pts, pixels, still: false }] : []),
        finish: () => [],
      };
    },
  };
  const summary = await captionVideo(film, options({ selector })).writeTo(writer);
  expect(summary).toMatchObject({ state: 'done', keyframes: 8, outputs: [] });
  expect({ closed, texts: cues.map(({ text }) => text) }).toEqual({ closed: true, texts: TEXTS });
});

test('a range, one pass, progress; an observer that unsubscribes', async () => {
  const covered: number[] = [];
  const run = captionVideo(
    film,
    options({
      from: 4_000_000,
      to: 8_000_000,
      passes: 1 as const,
      onProgress: (progress: { covered: number }) => covered.push(progress.covered),
    }),
  );
  expect(await lastValueFrom(run.cues$.pipe(take(1)))).toEqual({
    ...{ start: 4_000_000, end: 8_000_000, text: 'A green picture', from: [0, 1, 2, 3, 4, 5, 6, 7] },
  });
  await run.done;
  expect(covered.at(-1)).toBe(3_500_000);
});

test('errors have a code and say whether a retry can help', async () => {
  await expect(captionVideo(at('none.mp4'), options()).done).rejects.toMatchObject({
    ...{ name: 'IngestError', code: 'missing-file', retryable: false },
  });
  await writeFile(at('text.mp4'), 'no video');
  await expect(all(captionVideo(at('text.mp4'), options()).cues())).rejects.toMatchObject({ code: 'not-media' });
  await expect(openCaptioner({ model: at('none') })).rejects.toMatchObject({ code: 'bundle-missing' });
  expect(() => captionVideo(film, options({ frames: 'some' }))).toThrow(/frames/);

  await writeFile(at('mine.vtt'), 'WEBVTT\n');
  const run = captionVideo(film, options());
  await expect(run.writeTo(at('mine.vtt'))).rejects.toMatchObject({ code: 'track-exists' });
  await expect(run.writeTo(at('mine.doc'))).rejects.toMatchObject({ code: 'usage' });
  await run.writeTo(at('mine.vtt'), { force: true });
  expect(await readFile(at('mine.vtt'), 'utf8')).toContain(RED);
});

test('a reader in its loop gets the reason of an abort, though all captions are there', async () => {
  const controller = new AbortController();
  const run = captionVideo(film, options({ frames: 'every:2s', signal: controller.signal }));
  const texts: string[] = [];
  const reading = (async () => {
    for await (const { text } of run.cues()) {
      texts.push(text);
      await run.done;
      controller.abort(new Error('enough'));
    }
  })();
  await expect(reading).rejects.toThrow('enough');
  expect(texts).toEqual([RED]);
});

test('a run that is disposed early stops, and its readers get an AbortError', async () => {
  const own = ownCaptioner(() => sleep(20));
  const run = captionVideo(film, options({ captioner: own }));
  const reading = all(run.cues());
  reading.catch(() => undefined);
  await run[Symbol.asyncDispose]();
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  await expect(run.done).rejects.toMatchObject({ name: 'AbortError' });
});
