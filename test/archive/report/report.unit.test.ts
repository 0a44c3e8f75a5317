import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cuesBetween } from '../../../src/archive/index/search-cues.ts';
import { failRecording } from '../../../src/archive/recordings/recordings.ts';
import { setUnfinished } from '../../../src/archive/recordings/seen-files.ts';
import { axisOf, formatHour, labelsOf } from '../../../src/archive/report/axis.ts';
import { gatherReport, latestEnd, mergeMoments } from '../../../src/archive/report/report.ts';
import { countsOf } from '../../../src/archive/report/report-counts.ts';
import { reportToHtml } from '../../../src/archive/report/report-html.ts';
import { makeFolder } from '../../support/videos.ts';
import { type Archive, describeRecording, enterRecording, makeArchive } from '../support/archive.ts';

const ZONE = 'Europe/Berlin';
const EVIL = `</style><script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
const since = Date.parse('2026-11-24T00:00:00+01:00');
const until = Date.parse('2026-11-25T00:00:00+01:00');

let folder: Awaited<ReturnType<typeof makeFolder>>;
let archive: Archive;

beforeAll(async () => {
  folder = await makeFolder();
  archive = makeArchive(path.join(folder.path, 'night.db'), ZONE);
  await describeRecording(archive, { camera: 'front', start: '2026-11-24T21:00:00+01:00' }, [
    { at: 1, text: 'A man walks' },
    { at: 10, text: 'a man walks' },
    { at: 20, text: 'A dog', still: true },
    { at: 30, text: EVIL },
  ]);
  await describeRecording(
    archive,
    { camera: 'front', start: '2026-11-24T22:00:00+01:00', frames: 'motion:10s', passes: 1 },
    [{ at: 1, text: 'A man walks' }],
  );
  // Over midnight: the evening's part of it is of this day.
  await describeRecording(archive, { camera: 'back', start: '2026-11-24T23:59:30+01:00' }, [
    { at: 10, text: 'A cat' },
    { at: 40, text: 'A cat of the next day' },
  ]);
  const broken = enterRecording(archive, {
    camera: EVIL,
    start: '2026-11-24T05:00:00+01:00',
    path: `/cams/${EVIL}.mp4`,
  });
  failRecording(archive.db, broken.id, archive.session, {
    code: 'not-media',
    message: `why: ${EVIL}`,
    retryable: false,
  });
  enterRecording(archive, {
    camera: 'back',
    start: '2026-11-24T06:00:00+01:00',
    duration: 3600,
    startFrom: 'reset',
  });
  enterRecording(archive, { camera: 'back', start: '2026-11-22T06:00:00+01:00', duration: 1800 });
  setUnfinished(archive.db, [
    { path: '/cams/new.mp4', camera: 'back', start: since + 5, reason: 'it is still being written' },
    { path: '/cams/old.mp4', camera: 'back', start: since - 5, reason: 'it is still being written' },
  ]);
});
afterAll(() => {
  archive.db.close();
  return folder.remove();
});

test('what is told of a day', () => {
  const { cameras, issues: troubles, backlog, messages } = gatherReport(archive.db, since, until);
  expect(cameras.map(({ name, recordings, moments }) => [name, recordings.length, moments.length])).toEqual([
    [EVIL, 1, 0],
    ['back', 2, 1],
    ['front', 2, 3],
  ]);
  const [first] = cameras[2]?.moments ?? [];
  expect(first).toMatchObject({ text: 'A man walks', times: 2, start: since + 21 * 3_600_000 + 1000 });
  expect(troubles.map(({ what, file, why }) => [what, file, why])).toEqual([
    ['unfinished', '/cams/new.mp4', 'it is still being written'],
    ['failed', `/cams/${EVIL}.mp4`, `why: ${EVIL}`],
    ['waits', '/recordings/back/2026-11-24T06-00-00+01-00.mp4', 'it is waiting for its turn'],
    [
      'clock',
      '/recordings/back/2026-11-24T06-00-00+01-00.mp4',
      expect.stringContaining('clock of the recorder was reset'),
    ],
  ]);
  expect(backlog).toEqual({ recordings: 2, video: 5_400_000 });
  expect(messages).toBe(0);
  // The next day begins with the rest of what was recorded over midnight.
  const next = gatherReport(archive.db, until, until + 86_400_000);
  expect(next.cameras.map(({ name, recordings, moments }) => [name, recordings.length, moments.length])).toEqual([
    ['back', 1, 1],
  ]);
  expect(gatherReport(archive.db, 0, 1).cameras).toEqual([]);
});

test('the same after a pause is another moment', () => {
  const cues = cuesBetween(archive.db, since, until).filter(({ camera }) => camera === 'front');
  expect(mergeMoments(cues).map(({ text, times }) => [text, times])).toEqual([
    ['A man walks', 2],
    ['A dog', 1],
    [EVIL, 1],
    ['A man walks', 1],
  ]);
});

function page(from = since, to = until): string {
  const report = gatherReport(archive.db, from, to);
  return reportToHtml(report, { zone: ZONE, tool: 'secondglance <test>', now: until }, () => undefined);
}

test('the page: nothing of what people and recorders named is read as HTML', () => {
  const html = page();
  expect(html).not.toMatch(/<script|<img|onerror=alert\(1\)>|secondglance <test>/);
  expect(html.match(/<\/style>/g)).toHaveLength(1);
  expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
  // Every address is of a recording here.
  const addresses = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address);
  expect(addresses.length).toBeGreaterThan(3);
  for (const address of addresses) expect(address).toMatch(/^file:\/\/\/recordings\/[\w/.%+-]+#t=[\d.]+$/);
});

test('the page: what happened when, what failed and why, what the session did and what remains', () => {
  const html = page();
  expect(html).toContain('<title>Cameras, 2026-11-24</title>');
  expect(html).toContain('6 recordings from 3 cameras: 3 described, 1 failed, 1 waiting, 1 unfinished.');
  expect(html).toContain('2 recordings (1:30:00) of any day are waiting.');
  expect(html).toMatch(/21:00:01<\/a> A man walks <small>until 21:00:12<\/small>/);
  expect(html).toContain('<h3>2026-11-24 22:00</h3>');
  expect(html).toMatch(/<b class="failed">failed<\/b>: why: .*<br><code><bdi>\/cams\/&#60;/);
  expect(html).not.toContain('/cams/old.mp4');
  expect(html.indexOf('id="troubles"')).toBeLessThan(html.indexOf('class="camera"'));
});

test('a session is listed with what it did for lack of time', () => {
  const html = page(Date.now() - 3_600_000, Date.now() + 3_600_000);
  expect(html).toContain('<h2>Sessions</h2>');
  expect(html).toMatch(
    /3 recordings described \(2 in full, 1 with fewer keyframes and one pass instead of two, because the time window was too short\)/,
  );
  expect(html).toMatch(/1 failed; 3:00 of video in /);
  expect(page(0, 1)).toContain('Nothing was recorded.');
});

test('hours on the axis are those of the clocks, in the night in which they are put back as well', () => {
  const day = { since: Date.parse('2026-10-25T00:00+02:00'), until: Date.parse('2026-10-26T00:00+01:00'), zone: ZONE };
  expect(axisOf(day).map((at) => formatHour(at, ZONE))).toEqual(['00:00', '06:00', '12:00', '18:00']);
  const night = { ...day, until: day.since + 6 * 3_600_000 };
  expect(axisOf(night).map((at) => formatHour(at, ZONE))).toEqual([
    '00:00',
    '01:00',
    '02:00',
    '02:00',
    '03:00',
    '04:00',
  ]);
});

test('the labels of a timeline reach from its begin to its end, whatever its length', () => {
  const shown = (from: string, to: string): string[] =>
    labelsOf({ since: Date.parse(from), until: Date.parse(to), zone: ZONE }).map(({ text }) => text);
  expect(shown('2026-11-24T00:00+01:00', '2026-11-25T00:00+01:00')).toEqual([
    '00:00',
    '03:00',
    '06:00',
    '09:00',
    '12:00',
    '15:00',
    '18:00',
    '21:00',
    '24:00',
  ]);
  // 06:00 would run into the end, and 09:00 into the begin.
  expect(shown('2026-11-24T07:12+01:00', '2026-11-25T07:12+01:00')).toEqual([
    '07:12',
    '12:00',
    '15:00',
    '18:00',
    '21:00',
    '00:00',
    '03:00',
    '07:12',
  ]);
  expect(shown('2026-11-24T07:12+01:00', '2026-11-24T07:42+01:00')).toEqual([
    '07:12',
    '07:15',
    '07:20',
    '07:25',
    '07:30',
    '07:35',
    '07:42',
  ]);
  expect(shown('2026-11-20T00:00+01:00', '2026-11-28T00:00+01:00')).toEqual([
    '11-20',
    '11-21',
    '11-22',
    '11-23',
    '11-24',
    '11-25',
    '11-26',
    '11-27',
    '11-28',
  ]);
  expect(shown('2026-10-01T00:00+02:00', '2026-11-28T00:00+01:00')).toEqual([
    '10-01',
    '10-15',
    '10-29',
    '11-12',
    '11-28',
  ]);
  expect(shown('2010-01-01T00:00+01:00', '2026-01-01T00:00+01:00').length).toBeLessThan(11);
});

test('a recording over midnight is of both days, each with its part of it; guessed times are said', async () => {
  const night = { since: Date.parse('2027-03-02T00:00:00+01:00'), until: Date.parse('2027-03-03T00:00:00+01:00') };
  await describeRecording(
    archive,
    { camera: 'late', start: '2027-03-01T23:50:00+01:00', duration: 900, startFrom: 'mtime' },
    [{ at: 700, text: 'A fox' }],
  );
  await describeRecording(archive, { camera: 'late', start: '2027-03-02T08:00:00+01:00', duration: 60 }, []);
  const html = page(night.since, night.until);
  expect(html).toContain('2 recordings from 1 camera: 2 described, 0 failed, 0 waiting; the times of 1 are guessed.');
  expect(html).toContain('2 recordings, 6:00; 1 moment in which something moved');
  expect(html).toContain('The times of 1 are guessed from when the file was last changed');
  expect(countsOf(gatherReport(archive.db, night.since, night.until))).toEqual({
    ...{ cameras: 1, recordings: 2, described: 2, partial: 0, failed: 0, waiting: 0 },
    ...{ unfinished: 0, gone: 0, guessed: 1, moments: 1 },
  });
});

test('a recording whose clock is ahead is in the report of the last 24 hours, and said to be ahead', () => {
  const ahead = { camera: 'fast', start: '2027-01-05T13:00:00+01:00', duration: 10, startFrom: 'ahead' } as const;
  enterRecording(archive, ahead);
  const now = Date.parse('2027-01-05T12:00:00+01:00');
  const end = latestEnd(archive.db, now);
  expect(end).toBe(Date.parse(ahead.start) + 10_001);
  expect(latestEnd(archive.db, end)).toBe(end);
  const { issues } = gatherReport(archive.db, now - 86_400_000, end);
  expect(issues.filter(({ what }) => what === 'clock').map(({ camera, why }) => [camera, why])).toEqual([
    ['fast', expect.stringContaining('is fast, or its zone is another')],
  ]);
});
