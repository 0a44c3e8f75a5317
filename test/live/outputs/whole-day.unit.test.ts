import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openTextMatcher } from '../../../src/archive/index/match-text.ts';
import { AlertDestination } from '../../../src/live/outputs/alerts/alert-destination.ts';
import { DayFiles } from '../../../src/live/outputs/files/day-files.ts';
import { HlsDestination } from '../../../src/live/outputs/hls/hls-destination.ts';
import { LiveTimeline } from '../../../src/live/outputs/hls/live-timeline.ts';
import { openLiveState } from '../../../src/live/outputs/live-state.ts';
import { makeFolder } from '../../support/videos.ts';
import { caption, cue, ManualClock, NOON, state } from './support/events.ts';

const DAY = 86_400;
const TEXTS = ['A man walks', 'A dog runs', '', 'An empty street'];

/** A caption every ten seconds, a disconnection every hour. */
function* wholeDay() {
  for (let at = 0; at < DAY; at += 10) {
    const session = Math.floor(at / 3600);
    const said = TEXTS[(at / 10) % TEXTS.length] ?? '';
    if (at % 3600 === 3590) yield { at, events: [state(at, 'failed')] };
    else if (said === '') yield { at, events: [caption(at, said, { session })] };
    else yield { at, events: [cue(at - 10, at, said, { session }), caption(at, said, { session })] };
  }
}

test('a timeline of a day holds no more at its end than after its first minutes', () => {
  const timeline = new LiveTimeline({ segment: 6000, hold: 5000, window: 300_000 });
  let most = 0;
  let segments = 0;
  for (const { at, events } of wholeDay()) {
    for (const event of events) timeline.add(event, NOON + at * 1000 + 1000);
    const due = timeline.due(NOON + at * 1000 + 1000);
    segments += due.length;
    most = Math.max(most, ...due.map(({ text }) => text.length));
  }
  expect(segments).toBeGreaterThan(DAY / 6 - 10);
  // A segment of six seconds has two cues at most, however many went before.
  expect(most).toBeLessThan(300);
});

test('a day of files: the number of segments and the memory of words stay as they are', async () => {
  const folder = await makeFolder();
  const clock = new ManualClock();
  const memory = await openLiveState(undefined, 'UTC');
  const hls = new HlsDestination('front', folder.path, { window: 1_500_000, segment: 300_000 }, clock);
  const days = new DayFiles('front', folder.path, 'UTC', 'jsonl');
  const alerts = { queries: ['person'], exact: false, minConfidence: 0.5, zone: 'UTC', pause: 5000 };
  const run = { clock, report: () => undefined };
  const notify = new AlertDestination(memory, openTextMatcher(['person'], alerts), alerts, [{ name: 'webhook' }], run);
  const sizes: number[] = [];
  for (const { at, events } of wholeDay()) {
    clock.set(at + 1);
    for (const event of events) await hls.take(event);
    if (at % 300 !== 0) continue;
    for (const event of events) {
      await notify.take(event);
      if (at % 3000 === 0) await days.take(event);
    }
    await hls.work();
    sizes.push((await readdir(folder.path)).length);
  }
  // Five segments, six that players may still ask for, the playlist, a temp file, and a file a day.
  expect(sizes.length).toBe(288);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(15);
  const { pages } = memory.db.prepare('SELECT page_count AS pages FROM pragma_page_count').get() as { pages: number };
  expect(pages).toBeLessThan(200);
  expect(memory.db.prepare('SELECT count(*) AS n FROM facts').get()).toMatchObject({ n: 1 });
  const names = (await readdir(folder.path)).filter((name) => name.endsWith('.jsonl')).sort();
  expect(names).toEqual(['2026-11-26.jsonl', '2026-11-27.jsonl']);
  await notify.close();
  memory.close();
  await folder.remove();
});
