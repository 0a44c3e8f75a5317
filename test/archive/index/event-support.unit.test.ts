import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replayTrack } from '../../../src/archive/captioners/service-track.ts';
import { readFact } from '../../../src/archive/index/database.ts';
import { supportFact } from '../../../src/archive/index/event-support.ts';
import { dropCues, IndexWriter } from '../../../src/archive/index/index-cues.ts';
import { cueById, cuesBetween, searchCues } from '../../../src/archive/index/search-cues.ts';
import { gatherReport } from '../../../src/archive/report/report.ts';
import { reportToHtml } from '../../../src/archive/report/report-html.ts';
import { hitDocument } from '../../../src/archive/search-archive.ts';
import { makeFolder } from '../../support/videos.ts';
import { type Archive, describeRecording, enterRecording, makeArchive } from '../support/archive.ts';

const START = '2026-11-26T22:05:00Z';
let folder: Awaited<ReturnType<typeof makeFolder>>;
let archive: Archive;
beforeAll(async () => {
  folder = await makeFolder();
  archive = makeArchive(path.join(folder.path, 'night.db'));
  await describeRecording(archive, { camera: 'front', start: START }, [
    { at: 1, text: 'A man walks to the door', support: [5, 6] },
    { at: 30, text: 'A dog', support: [1, 1] },
  ]);
  await describeRecording(archive, { camera: 'back', start: START }, [{ at: 1, text: 'A man' }]);
});
afterAll(() => {
  archive.db.close();
  return folder.remove();
});

const supportOf = (words: string, camera: string) =>
  searchCues(archive.db, archive.file, { words, camera, limit: 9 }).map(({ support }) => support);

test('hits know how many keyframes of their event say the same; other captions have no such number', () => {
  expect(supportOf('man', 'front')).toEqual([{ support: 5, frames: 6 }]);
  expect(supportOf('dog', 'front')).toEqual([{ support: 1, frames: 1 }]);
  expect(supportOf('man', 'back')).toEqual([null]);
  const hits = cuesBetween(archive.db, Date.parse(START), Date.parse(START) + 60_000);
  const documents = hits.map((hit) => hitDocument({ hit, picture: undefined }, 'UTC'));
  expect(documents.filter((document) => 'support' in document)).toMatchObject([
    { text: 'A man walks to the door', support: 5, frames: 6 },
    { text: 'A dog', support: 1, frames: 1 },
  ]);
  expect(cueById(archive.db, hits.find(({ camera }) => camera === 'back')?.id ?? '')?.support).toBeNull();
});

test('the report says it beside the moment', () => {
  const since = Date.parse('2026-11-26T00:00:00Z');
  const report = gatherReport(archive.db, since, since + 86_400_000);
  const page = reportToHtml(report, { zone: 'UTC', tool: 'secondglance', now: since }, () => undefined);
  expect(page).toMatch(/A man walks to the door <small>\(5 of 6 keyframes\)<\/small>/);
  expect(page).toMatch(/A dog <small>\(1 of 1 keyframe\)<\/small>/);
  expect(page).toMatch(/A man<\/li>/);
});

test('events of a track that services wrote arrive too, and go with the cues', async () => {
  const recording = enterRecording(archive, { camera: 'gate', start: START });
  const record = { frames: 'motion', passes: 2, track: '/gate.vtt', began: 0, session: archive.session } as const;
  const writer = new IndexWriter(archive.db, archive.file, recording, record, () => undefined);
  const keyframes = [0, 1, 2].map((index) => ({
    ...{ index, pts: index, still: false, draft: 'A cat', text: 'A cat', confidence: 0.8, passes: 2 as const },
  }));
  const event = { start: 0, end: 3, text: 'A cat', confidence: 0.8, support: 2, frames: 3, first: 0, last: 2 };
  const cues = [{ start: 0, end: 3, text: 'A cat', from: [0, 1, 2] }];
  await replayTrack({ source: { start: 0, duration: 60 }, keyframes, cues, events: [event], texts: [] }, writer);
  expect(supportOf('cat', 'gate')).toEqual([{ support: 2, frames: 3 }]);
  expect(readFact(archive.db, supportFact(recording.id))).toBeDefined();
  dropCues(archive.db, recording.id);
  expect(readFact(archive.db, supportFact(recording.id))).toBeUndefined();
});
