import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replayTrack, type ServiceTrack } from '../../../src/archive/captioners/service-track.ts';
import { clockDifference } from '../../../src/archive/clock/shown-clock.ts';
import { IndexWriter, shownClock } from '../../../src/archive/index/index-cues.ts';
import { searchCues } from '../../../src/archive/index/search-cues.ts';
import { gatherReport } from '../../../src/archive/report/report.ts';
import { makeFolder } from '../../support/videos.ts';
import { type Archive, enterRecording, makeArchive } from '../support/archive.ts';

const START = '2026-11-26T22:05:00Z';
let folder: Awaited<ReturnType<typeof makeFolder>>;
let archive: Archive;
beforeAll(async () => {
  folder = await makeFolder();
  archive = makeArchive(path.join(folder.path, 'night.db'));
});
afterAll(() => {
  archive.db.close();
  return folder.remove();
});

const box = { x: 0.3, y: 0.4, width: 0.3, height: 0.1 };
/** A minute in which a sign, a clock that shows `time`, and the camera's name are read. */
function track(time: string): ServiceTrack {
  return {
    source: { start: 0, duration: 60 },
    keyframes: [{ index: 0, pts: 0, still: false, draft: 'A door', text: 'A door', confidence: 0.8, passes: 2 }],
    cues: [{ start: 0, end: 10, text: 'A door', from: [0] }],
    texts: [
      { start: 5, end: 20, text: 'Exit 3', kind: 'text', confidence: 0.98, box, from: [1, 3] },
      {
        start: 0,
        end: 60,
        text: time,
        kind: 'clock',
        confidence: 0.95,
        box: { ...box, y: 0, height: 0.04 },
        from: [0, 9],
      },
      {
        start: 0,
        end: 60,
        text: 'CAM 02',
        kind: 'text',
        confidence: 0.95,
        box: { ...box, y: 0.95, height: 0.04 },
        from: [0, 9],
      },
    ],
  };
}

async function index(camera: string, time: string): Promise<number> {
  const recording = enterRecording(archive, { camera, start: START });
  const record = { frames: 'motion', passes: 2, track: `/${camera}.vtt`, began: 0, session: archive.session } as const;
  const writer = new IndexWriter(archive.db, archive.file, recording, record, () => undefined);
  await replayTrack(track(time), writer);
  return recording.id;
}

function found(words: string): string[] {
  return searchCues(archive.db, archive.file, { limit: 10, words }).map(({ camera, text }) => `${camera}: ${text}`);
}

test('text in the picture is found by plain words and by text:, without the clock and the name of the camera', async () => {
  const right = await index('front', '2026-11-26 22:05:03');
  expect(found('exit')).toEqual(['front: Text on screen: Exit 3']);
  expect(found('text:"exit 3"')).toEqual(['front: Text on screen: Exit 3']);
  expect(found('text:exit text:3')).toEqual(['front: Text on screen: Exit 3']);
  expect(found('text:door')).toEqual([]);
  expect(found('door')).toEqual(['front: A door']);
  expect(found('cam')).toEqual([]);
  expect(shownClock(archive.db, right)).toEqual({ text: '2026-11-26 22:05:03', at: Date.parse(START) });
});

test('the report says where the clock in the picture differs from the time of the recording', async () => {
  await index('back', '26.11.2026 21:05:03');
  const issues = gatherReport(archive.db, Date.parse(START) - 1, Date.parse(START) + 60_000).issues;
  expect(issues.map(({ camera, what, why }) => [camera, what, why])).toEqual([
    [
      'back',
      'clock',
      'the clock in its picture shows "26.11.2026 21:05:03", where the recording\'s time is 2026-11-26 22:05:00',
    ],
  ]);
});

const at = Date.parse('2026-11-26T22:05:00+01:00');
test.for([
  ['2026-11-26 22:05:00', 0],
  ['26/11/2026 10:06 PM', 60_000],
  ['11-26-2026 22:04:59', -1000],
  ['Thu 26.11.26 21:05:00', -3_600_000],
  ['22:07', 120_000],
  ['00:05:00', 7_200_000],
  ['2025-11-26 22:05:00', -365 * 86_400_000],
] as const)('a clock that shows %s is %d ms ahead', ([text, ms]) => {
  expect(clockDifference(text, at, 'Europe/Berlin')).toBe(ms);
});

test.for(['Exit 3', '2026-11-26', '99:99:99', '32.13.2026 10:00'])('%s is no clock', (text) => {
  expect(clockDifference(text, at, 'Europe/Berlin')).toBeUndefined();
});
