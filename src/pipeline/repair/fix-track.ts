import { readFile } from 'node:fs/promises';
import { openRegular } from '../../core/regular-file.ts';
import { openFileSink } from '../../storage/file-sink.ts';
import { keepBackup } from '../../storage/keep-backup.ts';
import type { Profile } from '../cues/profiles.ts';
import { readTrack } from '../formats/read-track.ts';
import { decodeText } from '../formats/text-encoding.ts';
import { readRawTrack, writeRawTrack } from './raw-track.ts';
import { repairCues } from './repair-cues.ts';

/** What {@link fixTrack} did. */
export interface TrackFix {
  /** Where the file is kept as it was. */
  readonly backup: string;
}

/**
 * Repairs a WebVTT or SubRip file in place, without a change of words, and keeps it as it was beside it. Undefined where
 * there is nothing to repair. Throws as `readTrack`; an OutputError.
 */
export async function fixTrack(
  file: string,
  profile: Profile,
  options: { readonly encoding?: string } = {},
): Promise<TrackFix | undefined> {
  const { format, invalid } = await readTrack(file, options);
  if (format !== 'vtt' && format !== 'srt') return undefined;
  const { text, encoding } = decodeText(await readFile(file), options.encoding);
  const raw = readRawTrack(text, format);
  const whole = writeRawTrack({ ...raw, cues: repairCues(raw.cues, profile) }, format);
  // The same cues in UTF-8: nothing to repair, whatever its line ends and numbers.
  const sound = invalid.length === 0 && whole === writeRawTrack(raw, format) && encoding === 'utf-8';
  if (raw.cues.length === 0 || sound || whole === text) return undefined;
  const sink = await openFileSink(file);
  try {
    await sink.write(whole);
    const { handle } = await openRegular(sink.scratch, { follow: false });
    try {
      const backup = await keepBackup(sink.scratch, handle);
      await sink.commit();
      return { backup };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
