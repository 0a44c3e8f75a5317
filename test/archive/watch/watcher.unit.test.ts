import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CaptionRequest, RecordingCaptioner } from '../../../src/archive/captioners/recording-captioner.ts';
import { IndexWriter } from '../../../src/archive/index/index-cues.ts';
import { costOf, PLANS } from '../../../src/archive/recordings/plan.ts';
import { type Recording, recordingsWhere } from '../../../src/archive/recordings/recordings.ts';
import { readWatchSettings, type WatchFlags } from '../../../src/archive/watch/watch-settings.ts';
import { WATCH_TIMINGS } from '../../../src/archive/watch/watch-timings.ts';
import { Watcher } from '../../../src/archive/watch/watcher.ts';
import type { InputSummary } from '../../../src/captioning/summary.ts';
import { SecondGlanceError } from '../../../src/core/errors.ts';
import { WorkerError } from '../../../src/workers/errors.ts';
import { added, emptyState, type State } from '../support/state.ts';

const [FULL] = PLANS;
/** Nothing waits for longer than a moment. */
const TIMINGS = { ...WATCH_TIMINGS, poll: 1, clock: 5, blocked: 1, firstRetry: 0, redeliver: 1 };

let state: State;
let stop: AbortController;
let notes: string[];
beforeEach(async () => {
  state = await emptyState();
  vi.stubEnv('SECONDGLANCE_STATE_DIR', path.join(state.folder, 'state'));
  await mkdir(path.join(state.folder, 'cams'));
  stop = new AbortController();
  notes = [];
});
afterEach(async () => {
  stop.abort();
  vi.unstubAllEnvs();
  await state.remove();
});

/** A captioner without a model: every recording is done at once, unless a method is replaced. */
function captioner(own: Partial<RecordingCaptioner> = {}): RecordingCaptioner {
  return { concurrency: 1, async prepare() {}, async release() {}, caption: (request) => done(request), ...own };
}

async function done({ recording, plan, session }: CaptionRequest): Promise<InputSummary> {
  const record = { frames: plan.frames, passes: plan.passes, track: '/t.vtt', began: performance.now(), session };
  await new IndexWriter(state.db, state.file, recording, record, () => undefined).finish({ end: 0 });
  return { video: recording.path, state: 'done', keyframes: 0, cues: 0, seconds: 0, outputs: [], problems: [] };
}

function watcher(own: RecordingCaptioner, once = false, flags: Partial<WatchFlags> = {}): Watcher {
  const settings = readWatchSettings(
    [path.join(state.folder, 'cams')],
    { format: 'vtt', settle: '0s', zone: 'UTC', state: state.file, once, ...flags },
    {},
  );
  const reporter = {
    phase() {},
    begin() {},
    progress() {},
    note: (line: string) => notes.push(line),
    end: ({ video, problems }: InputSummary) => {
      for (const { message } of problems) notes.push(`${path.basename(video)}: ${message}`);
    },
    close() {},
  };
  const { signal } = stop;
  return new Watcher({ settings, db: state.db, captioner: own, transports: [], reporter, signal, timings: TIMINGS });
}

/** A pending recording whose file exists. The inventory does not know its content, and leaves it alone. */
async function pending(name: string): Promise<Recording> {
  const root = path.join(state.folder, 'cams');
  const file = path.join(root, `${name}.notes`);
  await writeFile(file, name);
  return added(state.db, { path: file, root, start: Date.now() - 60_000 });
}

const states = (): [string, number][] => recordingsWhere(state.db, '1').map(({ state: now, tries }) => [now, tries]);

function noProcess(): WorkerError {
  return new WorkerError('worker-start', 'no inference process could be started', { retryable: true });
}

test('a retryable failure to start inference processes is waited out, and no recording pays for it', async () => {
  await pending('a');
  let starts = 0;
  const run = watcher(
    captioner({
      async prepare() {
        starts += 1;
        if (starts <= 3) throw noProcess();
      },
    }),
  ).forever();
  // It says what it waits for once nothing is left to do.
  await vi.waitUntil(() => notes.some((note) => note.startsWith('waiting')), { timeout: 20_000, interval: 5 });
  stop.abort();
  await run;
  expect(states()).toEqual([['done', 1]]);
  expect(starts).toBe(4);
  expect(notes).toEqual([
    'no inference process could be started',
    expect.stringMatching(/^waiting for recordings in /),
  ]);
});

test('the same while a recording is in progress', async () => {
  await pending('a');
  let attempts = 0;
  const run = watcher(
    captioner({
      caption(request) {
        attempts += 1;
        return attempts <= 6 ? Promise.reject(noProcess()) : done(request);
      },
    }),
  ).forever();
  await vi.waitUntil(() => states()[0]?.[0] === 'done', { timeout: 20_000, interval: 5 });
  stop.abort();
  await run;
  expect(states()).toEqual([['done', 1]]);
});

test('--once stops at it, and returns why', async () => {
  await pending('a');
  const result = await watcher(captioner({ prepare: () => Promise.reject(noProcess()) }), true).once();
  expect(result).toMatchObject({ stopped: { code: 'worker-start' }, session: { done: 0, remaining: 1 } });
});

test('a failure that no retry can cure ends the run', async () => {
  await pending('a');
  const broken = new SecondGlanceError('bundle-checksum', 'a file of the bundle has changed');
  await expect(watcher(captioner({ prepare: () => Promise.reject(broken) })).forever()).rejects.toBe(broken);
});

test('what a recording costs is all the time that it took alone, whatever the number of idle slots', async () => {
  const { duration } = await pending('a');
  const took = 60;
  const slow = captioner({
    concurrency: 8,
    async caption(request) {
      const began = performance.now();
      await vi.waitUntil(() => performance.now() - began >= took, { interval: 1 });
      return done(request);
    },
  });
  await watcher(slow, true).once();
  expect(costOf(state.db, FULL)).toBeGreaterThanOrEqual(took / duration);
});

test('a watched folder that goes away and comes back is said, both times', async () => {
  const away = path.join(state.folder, 'away');
  const root = path.join(state.folder, 'cams');
  await pending('a');
  let attempts = 0;
  const run = watcher(
    captioner({
      async caption(request) {
        attempts += 1;
        if (attempts > 1) return done(request);
        await rename(root, away);
        throw new SecondGlanceError('input-away', 'it could not be read any further');
      },
    }),
  ).forever();
  await vi.waitUntil(() => notes.some((note) => note.includes('is unavailable')), { timeout: 20_000, interval: 5 });
  await rename(away, root);
  await vi.waitUntil(() => states()[0]?.[0] === 'done', { timeout: 20_000, interval: 5 });
  stop.abort();
  await run;
  expect(states()).toEqual([['done', 1]]);
  expect(notes).toContain(`${root} is back: its recordings are captioned`);
});

test('an idle watch says once what it waits for', async () => {
  await writeFile(path.join(state.folder, 'cams/open.mp4'), 'no video');
  const run = watcher(captioner(), false, { settle: '1h' }).forever();
  await vi.waitUntil(() => notes.length > 2, { timeout: 20_000, interval: 5 });
  expect(notes).toEqual([
    'found 1 file of camera cams',
    'no file name says when the recording began (open.mp4; --names PATTERN reads other names, also of what is already described): times come from containers, or are guessed from the last change of a file',
    'waiting until these are no longer written to: open.mp4',
  ]);
  await rm(path.join(state.folder, 'cams/open.mp4'));
  await vi.waitUntil(() => notes.length > 3, { timeout: 20_000, interval: 5 });
  stop.abort();
  await run;
  expect(notes.slice(3)).toEqual([`waiting for recordings in ${path.join(state.folder, 'cams')}`]);
});

test('a pattern of names that matches nothing, or not all, is said once', async () => {
  for (const name of ['front/2026-11-24/10-00-00.mp4', 'back/clip.mp4']) {
    await mkdir(path.dirname(path.join(state.folder, 'cams', name)), { recursive: true });
    await writeFile(path.join(state.folder, 'cams', name), 'no video');
  }
  const said = async (names: string) => {
    notes = [];
    const run = watcher(captioner(), false, { settle: '1h', names }).forever();
    await vi.waitUntil(() => notes.some((note) => note.startsWith('waiting')), { timeout: 20_000, interval: 5 });
    stop.abort();
    await run;
    stop = new AbortController();
    return notes.filter((note) => note.startsWith('--names') || note.startsWith('found'));
  };
  expect(await said('{camera}/%Y%m%d-%H%M%S')).toEqual([
    'found 2 files of cameras back, front',
    expect.stringMatching(/^--names matches none of 2 files, such as back\/clip\.mp4 and 1 more: times come/),
  ]);
  expect(await said('{camera}/%Y-%m-%d/%H-%M-%S')).toEqual([
    'found 2 files of cameras back, front',
    expect.stringMatching(/^--names matches 1 of 2 files, but not back\/clip\.mp4: times come/),
  ]);
});

test('outside of the window, watch says when it opens', async () => {
  const hour = new Date(Date.now() + 7_200_000).getUTCHours();
  const opens = `${String(hour).padStart(2, '0')}:00`;
  const run = watcher(captioner(), false, { window: `${opens}-${opens.slice(0, 2)}:30` }).forever();
  await vi.waitUntil(() => notes.length > 0, { timeout: 20_000, interval: 5 });
  stop.abort();
  await run;
  expect(notes).toEqual([`waiting for the time window, which opens at ${opens}`]);
});

test.each([
  ['rtsp://camera:secret@10.0.0.5/live', /^rtsp:\/\/\*\*\*@10\.0\.0\.5\/live is an address.*\n.*ffmpeg .*-f segment/],
  ['https://example.org/a.mp4', /^https:\/\/example.*download the recordings/],
])('an address is no folder: %s', (address, message) => {
  expect(() => readWatchSettings([address], { format: 'vtt', settle: '0s' }, {})).toThrow(message);
});
