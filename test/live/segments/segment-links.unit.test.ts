import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseNames } from '../../../src/archive/clock/name-patterns.ts';
import type { LiveEvent } from '../../../src/live/live-event.ts';
import { SegmentFolder, type SegmentNames } from '../../../src/live/segments/segment-folder.ts';
import { SegmentLinks } from '../../../src/live/segments/segment-links.ts';
import { makeFolder } from '../../support/videos.ts';
import { caption, cue, ManualClock, NOON, openCue, state } from '../outputs/support/events.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let clock: ManualClock;
const notes: string[] = [];
beforeEach(async () => {
  folder = await makeFolder();
  clock = new ManualClock();
  notes.length = 0;
});
afterEach(() => folder.remove());

/** A file that was written until `until` seconds after noon. */
async function record(name: string, until: number): Promise<string> {
  const file = path.join(folder.path, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, name);
  const time = (NOON + until * 1000) / 1000;
  await utimes(file, time, time);
  return file;
}

function linksOf(sources: readonly string[], names: Partial<SegmentNames> = {}) {
  const files = new SegmentFolder(folder.path, { zone: 'Europe/Berlin', ...names });
  return new SegmentLinks(files, sources, { clock, report: (note) => notes.push(note) });
}

const linkOf = async (links: SegmentLinks, event: LiveEvent) => {
  const linked = await links.link(event);
  return 'segment' in linked && linked.segment !== undefined
    ? [path.relative(folder.path, linked.segment.file), (linked.segment.start - NOON) / 1000]
    : undefined;
};

test('what is seen is linked to the file of its camera that was written then, also to one that begins later', async () => {
  // MediaMTX's names; Berlin is an hour ahead.
  await record('front/2026-11-26_12-59-50-000000.mp4', 10);
  await record('Back/2026-11-26_13-00-05-000000.mp4', 100);
  const links = linksOf(['front', 'back']);
  expect(await linkOf(links, caption(3, 'A dog'))).toEqual(['front/2026-11-26_12-59-50-000000.mp4', -10]);
  expect(await linkOf(links, caption(6, 'A dog', { source: 'back' }))).toEqual([
    'Back/2026-11-26_13-00-05-000000.mp4',
    5,
  ]);
  expect(await linkOf(links, caption(2, 'A dog', { source: 'back' }))).toBeUndefined();

  await record('front/2026-11-26_13-00-10-000000.mp4', 70);
  clock.set(12);
  expect(await linkOf(links, openCue(11, 12, 'A cat'))).toEqual(['front/2026-11-26_13-00-10-000000.mp4', 10]);
  // A cue from before is in the file from before.
  expect(await linkOf(links, cue(8, 11, 'A dog'))).toEqual(['front/2026-11-26_12-59-50-000000.mp4', -10]);
  // Nothing was recorded any more.
  clock.set(200);
  expect(await linkOf(links, caption(199, 'A fox'))).toBeUndefined();
  await rm(path.join(folder.path, 'Back'), { recursive: true });
  clock.set(205);
  expect(await linkOf(links, caption(204, 'A fox', { source: 'back' }))).toBeUndefined();
  expect(notes).toEqual(['back: --segments has no recording of it yet (those there are of front, Back)']);
});

test('all outputs get the same event; states have no file; a single source has all files', async () => {
  const file = await record('2026-11-26T12-00-00Z.ts', 60);
  const links = linksOf(['camera 1']);
  const event = caption(4, 'A dog', { source: 'camera 1' });
  const written: LiveEvent[] = [];
  const output = () =>
    links.output({ usesPictures: false, write: async (one) => void written.push(one), close: async () => undefined });
  for (const one of [output(), output()]) await one.write(event);
  const silent = state(5, 'stalled');
  await output().write(silent);
  expect(written[0]).toEqual({ ...event, segment: { file, start: NOON } });
  expect(written[1]).toBe(written[0]);
  expect(written[2]).toBe(silent);
});

test('names in a pattern of their own; what has no time in its name does not count', async () => {
  await record('rec.front.1795694400.mkv', 60);
  await record('notes.mkv', 60);
  const links = linksOf(['front', 'yard'], { names: parseNames('rec.{camera}.%s') });
  const start = (1_795_694_400_000 - NOON) / 1000;
  clock.set(start + 2);
  await record('rec.front.1795694400.mkv', start + 60);
  expect(await linkOf(links, caption(start + 1, 'A dog'))).toEqual(['rec.front.1795694400.mkv', start]);
  expect(await linkOf(links, caption(start + 1, 'A dog', { source: 'yard' }))).toBeUndefined();
  expect(notes).toEqual(['yard: --segments has no recording of it yet (those there are of front)']);
});
