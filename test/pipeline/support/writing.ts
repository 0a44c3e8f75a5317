import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Caption, Cue } from '../../../src/core/types.ts';
import { type FormatName, openTrackWriter } from '../../../src/pipeline/formats/formats.ts';
import type { TrackHeader, TrackSummary } from '../../../src/pipeline/formats/track-writer.ts';
import { openFileSink } from '../../../src/storage/file-sink.ts';
import { temporaryFolder } from '../../storage/support/folder.ts';
import { HEADER, seconds } from './captions.ts';

/** What goes into a track, all but the captions' own rules. */
export interface Material {
  readonly captions?: readonly Caption[];
  readonly cues?: readonly Cue[];
  readonly header?: TrackHeader;
  readonly summary?: TrackSummary;
}

/** Writes a track to a temporary file; answers its path and its text. */
export async function writeTrack(format: FormatName, material: Material): Promise<{ file: string; text: string }> {
  const file = path.join(await temporaryFolder(), `holiday.${format}`);
  const writer = await openTrackWriter(format, await openFileSink(file), material.header ?? HEADER);
  for (const caption of material.captions ?? []) await writer.caption(caption);
  for (const cue of material.cues ?? []) await writer.cue(cue);
  await writer.finish(material.summary ?? { end: seconds(31.5) });
  return { file, text: await readFile(file, 'utf8') };
}
