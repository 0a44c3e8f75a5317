import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namedTime, parseNames } from '../../../src/archive/clock/name-patterns.ts';
import { formatLocal, formatOffset, startOfDay, toInstants } from '../../../src/archive/clock/time-zone.ts';
import { wallClock } from '../../../src/archive/clock/wall-clock.ts';
import { errorOf, NEVER, sourceOf } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

const BERLIN = 'Europe/Berlin';
let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

/** When a path says that its recording began, as UTC text. */
function named(file: string, zone = BERLIN, changed = 0): Promise<string> {
  const source = { kind: 'file', input: '/nowhere', name: file, label: file } as const;
  return wallClock(source, { path: file, zone, changed, duration: 0 }, NEVER).then(
    ({ start, from }) => `${new Date(start).toISOString()} ${from}`,
  );
}

describe('names of recorders', () => {
  test.each([
    ['Frigate', 'recordings/2026-07-01/22/front/05.09.mp4', '2026-07-01T22:05:09.000Z', 'front'],
    ['Frigate before 0.12', 'recordings/2021-11/24/22/front/05.09.mp4', '2021-11-24T21:05:09.000Z', 'front'],
    ['Frigate clip', 'clips/front-1606742747.272411-0lbwng.mp4', '2020-11-30T13:25:47.272Z', 'front'],
    [
      'UniFi',
      'Front Door 7-1-2026, 22.05.09 GMT+2 - 7-1-2026, 22.10.09 GMT+2.mp4',
      '2026-07-01T20:05:09.000Z',
      'Front Door',
    ],
    ['UniFi, half past', 'Yard 7-1-2026, 22.05.09 GMT+5:30.mp4', '2026-07-01T16:35:09.000Z', 'Yard'],
    ['UniFi, old', 'Front Door - 2-9-2020, 11.21.12pm.mp4', '2020-02-09T22:21:12.000Z', 'Front Door'],
    ['UniFi, midnight', 'Front Door - 2-9-2020, 12.21.12am.mp4', '2020-02-08T23:21:12.000Z', 'Front Door'],
    ['UniFi disk', 'F09FC2C4AABB_0_rotating_1606742747272.ubv', '2020-11-30T13:25:47.272Z', 'F09FC2C4AABB'],
    ['Reolink card', 'RecM01_20260701_220509_221009_6D28808_1A2B3C.mp4', '2026-07-01T20:05:09.000Z', 'RecM01'],
    ['Reolink summer', 'RecS02_DST20260701_220509_221009_0_A71C.mp4', '2026-07-01T20:05:09.000Z', 'RecS02'],
    ['Reolink FTP', '2026/07/01/front_00_20260701220509.mp4', '2026-07-01T20:05:09.000Z', 'front'],
    ['Hikvision', 'ch01_20261124220509.mp4', '2026-11-24T21:05:09.000Z', 'ch01'],
    ['Hikvision ms', '192.168.1.64_01_20261124220509123_1.mp4', '2026-11-24T21:05:09.123Z', '192.168.1.64'],
    ['Synology', '20261124PM/Front-20261124-220509-1795554309.mp4', '2026-11-24T21:05:09.000Z', 'Front'],
    ['Blue Iris', 'Front.20261124_220509.mp4', '2026-11-24T21:05:09.000Z', 'Front'],
    ['Blue Iris parts', 'Front.20261124_220509.2.bvr', '2026-11-24T21:05:09.000Z', 'Front'],
    ['Motion', 'motion/042-20250210170144.mkv', '2025-02-10T16:01:44.000Z', undefined],
    ['Motion, camera and event', '1-03-20251124195341.mp4', '2025-11-24T18:53:41.000Z', undefined],
    ['Motion, spaced', '7-2025-11-24_19.53.41.mp4', '2025-11-24T18:53:41.000Z', undefined],
    ['a channel', '01_20261124220509.mp4', '2026-11-24T21:05:09.000Z', '01'],
    ['Dahua', '2026-11-24/001/dav/22/22.05.09-22.10.09[M][0@0][0].dav', '2026-11-24T21:05:09.000Z', undefined],
    ['a day a folder (motionEye)', 'front/2026-11-24/22-05-09.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['a day a folder, dense', 'front/20261124/220509.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['year, month, day', 'front/2026/11/24/22-05-09.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['year, month, day, hour', 'front/2026/11/24/22/05.09.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['year, month, day, hour, dense', 'front/2026/11/24/22/0509.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['month, day', 'front/2026-11/24/22_05_09.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['the day first, then the camera', '2026_11_24/front/22.05.09.mkv', '2026-11-24T21:05:09.000Z', undefined],
    ['hour below the camera', '2026-11-24/front/22/05-09.mkv', '2026-11-24T21:05:09.000Z', undefined],
    ['the hour twice', '2026-11-24/front/22/22-05-09.mkv', '2026-11-24T21:05:09.000Z', undefined],
    ['Viseron', 'front/2026-11-24/22:05:09.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['Viseron segments', 'segments/front/1795554309.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['Wyze', 'record/20261124/22/05.mp4', '2026-11-24T21:05:00.000Z', undefined],
    ['Xiaomi', '2026112422/05M09S_1795554309.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['Yi', 'record/2026Y11M24D22H/05M09S60.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['Blue Iris, a day a folder', '20261124/Front.220509.bvr', '2026-11-24T21:05:09.000Z', 'Front'],
    ['Panasonic', '20261124/1M220509.mp4', '2026-11-24T21:05:09.000Z', '1M'],
    [
      'start and end',
      'Record/2026-11-24/192.168.1.64_1_S22-05-09_E22-10-09.mp4',
      '2026-11-24T21:05:09.000Z',
      '192.168.1.64_1_S',
    ],
    ['an address before the time', '2026-11-24/10.11.12.13_22.05.09.mp4', '2026-11-24T21:05:09.000Z', '10.11.12.13'],
    ['text around the day', 'front_2026-11-24/clip-22h05m09s.mp4', '2026-11-24T21:05:09.000Z', 'clip'],
    ['half a day', 'front/2026-11-24/10-05-09 PM.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['UTC', 'front/2026-11-24/22-05-09Z.mp4', '2026-11-24T22:05:09.000Z', undefined],
    ['offset', 'front/2026-11-24/22-05-09+05:30.mp4', '2026-11-24T16:35:09.000Z', undefined],
    ['milliseconds', 'front/2026-11-24/22.05.09.250.mp4', '2026-11-24T21:05:09.250Z', undefined],
    [
      'Tesla: the file, not the event',
      'SavedClips/2026-11-24_22-10-00/2026-11-24_22-05-09-front.mp4',
      '2026-11-24T21:05:09.000Z',
      undefined,
    ],
    ['Reolink NVR', 'Front/2026/11/24/Front_00_20261124220509.mp4', '2026-11-24T21:05:09.000Z', 'Front'],
    ['Shinobi', 'front/2026-11-24T22-05-09.mp4', '2026-11-24T21:05:09.000Z', undefined],
    ['ISO', 'yard/2026-11-24T22-05-09Z.mkv', '2026-11-24T22:05:09.000Z', undefined],
    ['ISO with offset', 'gate-2026-11-24_22-05-09+0530.mkv', '2026-11-24T16:35:09.000Z', 'gate'],
  ])('%s', async (_, file, utc, camera) => {
    expect(await named(file)).toBe(`${utc} name`);
    expect(namedTime(file)?.camera).toBe(camera);
  });

  test.each([
    'holiday.mp4',
    'IMG_1234567890123456789.mp4',
    'front-20261324-220509.mp4',
    'x_20260230250000.mp4',
    'front/2026-11-24/part1.mp4',
    'front/2026-11-24/10.11.12.13.mp4',
    'front/2026-11-24/1234567.mp4',
    'front/2026-11-24/22/10-05-09.mp4',
    'front/2026-13-24/22-05-09.mp4',
    'front/2026/02/30/22-05-09.mp4',
    'front/22-05-09.mp4',
    '22/05.09.mp4',
  ])('%s has no time in it', (file) => expect(namedTime(file)).toBeUndefined());
});

describe('zones', () => {
  test('summer and winter', async () => {
    expect(await named('Front.20260701_120000.mp4')).toBe('2026-07-01T10:00:00.000Z name');
    expect(await named('Front.20260701_120000.mp4', 'America/New_York')).toBe('2026-07-01T16:00:00.000Z name');
    expect(await named('Front.20260101_120000.mp4', 'Asia/Kolkata')).toBe('2026-01-01T06:30:00.000Z name');
  });

  test('the hour that comes twice: the time of the last change tells which', async () => {
    const file = 'Front.20261025_023000.mp4';
    const [first, second] = [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)];
    expect(await named(file, BERLIN, first + 60_000)).toBe('2026-10-25T00:30:00.000Z name');
    expect(await named(file, BERLIN, second + 60_000)).toBe('2026-10-25T01:30:00.000Z name');
  });

  test('the hour that is left out', async () => {
    expect(await named('Front.20260329_023000.mp4')).toBe('2026-03-29T01:30:00.000Z name');
  });

  test('days of 23, 24 and 25 hours', () => {
    const noon = (month: number, day: number) => Date.UTC(2026, month, day, 12);
    const hours = (epoch: number) => (startOfDay(epoch, BERLIN, 1) - startOfDay(epoch, BERLIN)) / 3_600_000;
    expect([noon(2, 29), noon(5, 1), noon(9, 25)].map(hours)).toEqual([23, 24, 25]);
    expect(startOfDay(noon(0, 1), BERLIN, -1)).toBe(Date.UTC(2025, 11, 30, 23));
  });

  test('every hour of a year comes back', () => {
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 3_600_000) {
      const [date = '', time = ''] = formatLocal(at, BERLIN).split(' ');
      const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
      const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
      const local = { year, month, day, hour, minute, second, millisecond: 0 };
      expect(toInstants(local, BERLIN)).toContain(at);
      expect(Date.parse(`${date}T${time}${formatOffset(at, BERLIN)}`)).toBe(at);
    }
  });
});

describe('patterns of one’s own', () => {
  test('every field', () => {
    const names = parseNames('{camera}/%d.%m.%Y/*_%H%M%S-%f%z');
    expect(namedTime('x/back yard/24.11.2026/a_220509-250+01:00.avi', names)).toEqual({
      local: { year: 2026, month: 11, day: 24, hour: 22, minute: 5, second: 9, millisecond: 250 },
      offset: 60,
      camera: 'back yard',
    });
    expect(namedTime('cam(1)_1606742747.5.mp4', parseNames('{camera}_%s'))).toEqual({
      epoch: 1_606_742_747_500,
      camera: 'cam(1)',
    });
    expect(namedTime('Front.20261124_220509.mp4', names)).toBeUndefined();
  });

  test.each(['%Y-%m', '%Q', '{cam}-%s', '%Y%Y-%m-%d'])('%s is refused', async (pattern) => {
    const error = await errorOf(Promise.resolve().then(() => parseNames(pattern)));
    expect(error).toMatchObject({ code: 'invalid-names', message: expect.stringContaining(pattern) });
  });
});

test('a clock that was reset: names of 1970, 2000 or 2099 do not count, the camera in them does', async () => {
  const file = path.join(folder.path, 'reset.mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'color=red:s=32x32:d=2:r=5', '-c:v', 'mpeg4', file);
  const changed = Date.UTC(2026, 10, 24, 21);
  const of = async (name: string, when = changed) =>
    wallClock(await sourceOf(file), { path: name, zone: 'UTC', changed: when, duration: 2000 }, NEVER);
  const names = ['front_20000101000015.mp4', 'front_20991231235900.mp4', 'front_20261126000000.mp4'];
  for (const name of [...names, 'front_19700101000015.mp4', 'front-1980-01-01_00-00-15.mp4']) {
    expect(await of(name), name).toEqual({ start: changed - 2000, from: 'reset', camera: 'front' });
  }
  expect(await of('front-1999999999.5-ab12cd.mp4')).toMatchObject({ start: changed - 2000, from: 'reset' });
  // Written within a day, in whatever zone, is possible; and where the last change was lost, the name is all there is.
  expect(await of('front_20261125120000.mp4')).toMatchObject({ start: Date.UTC(2026, 10, 25, 12), from: 'ahead' });
  expect(await of('front_20261124220000.mp4')).toMatchObject({ start: changed + 3_600_000, from: 'ahead' });
  expect(await of('front_20261124205900.mp4')).toMatchObject({ start: changed - 60_000, from: 'name' });
  expect(await of('front_20261126000000.mp4', 0)).toMatchObject({ from: 'name' });
});

test('metadata where the name is silent, then the last change less the length', async () => {
  const made = async (name: string, ...tags: string[]): Promise<string> => {
    const file = path.join(folder.path, name);
    await ffmpeg('-f', 'lavfi', '-i', 'color=red:s=32x32:d=2:r=5', '-c:v', 'mpeg4', ...tags, file);
    await utimes(file, 1_795_557_909, 1_795_557_909);
    return file;
  };
  const of = async (file: string) =>
    wallClock(
      await sourceOf(file),
      { path: path.basename(file), zone: BERLIN, changed: 1_795_557_909_000, duration: 2000 },
      NEVER,
    );
  const tagged = await made('tagged.mp4', '-metadata', 'creation_time=2026-11-24T21:00:00Z');
  expect(await of(tagged)).toEqual({ start: Date.UTC(2026, 10, 24, 21), from: 'metadata' });
  const wrong = await made('wrong.mp4', '-metadata', 'creation_time=2000-01-01T00:00:00Z');
  expect(await of(wrong)).toEqual({ start: 1_795_557_907_000, from: 'mtime' });
  expect(await of(await made('plain.avi'))).toEqual({ start: 1_795_557_907_000, from: 'mtime' });
});
