import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fingerprintOf } from '../../../src/archive/recordings/fingerprint.ts';
import { type Archive, describeRecording, makeArchive } from '../../archive/support/archive.ts';
import { film, H264 } from '../../cli/support/films.ts';

/** A camera name that is markup, were it not shown as text. */
export const MARKUP_CAMERA = '<b onclick=x>yard</b>';

/** The archive of two cameras on 24 November 2026 in Berlin. Of the first, `front`, the recording is there. */
export async function cameraArchive(folder: string, pictures: readonly string[] = H264): Promise<Archive> {
  const archive = makeArchive(path.join(folder, 'night.db'), 'Europe/Berlin');
  const recording = path.join(folder, 'recordings', 'front', 'one.mkv');
  await mkdir(path.dirname(recording), { recursive: true });
  await film(recording, pictures);
  const front = { camera: 'front', start: '2026-11-24T21:05:00Z', duration: 6, path: recording };
  await describeRecording(archive, { ...front, content: await fingerprintOf(recording) }, [
    { at: 1, text: 'A man walks a dog', colour: 'red', confidence: 0.8 },
    { at: 4, text: 'An empty street', still: true },
  ]);
  await describeRecording(archive, { camera: MARKUP_CAMERA, start: '2026-11-24T22:30:00Z' }, [
    { at: 10, text: 'A woman & a <i>cat</i>', colour: 'blue', confidence: 0.6 },
  ]);
  return archive;
}
