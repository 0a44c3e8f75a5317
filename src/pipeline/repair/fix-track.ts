import { readFile } from 'node:fs/promises';
import { openRegular } from '../../core/regular-file.ts';
import { openFileSink } from '../../storage/file-sink.ts';
import { keepBackup } from '../../storage/keep-backup.ts';
import type { Profile } from '../cues/profiles.ts';
import { readTrack } from '../formats/read-track.ts';
import { decodeText } from '../formats/text-encoding.ts';
import { repairSettings } from '../styling/check-settings.ts';
import { type FixChange, fixChanges } from './fix-changes.ts';
import { readRawTrack, writeRawTrack } from './raw-track.ts';
import { repairCues } from './repair-cues.ts';

/** What {@link fixTrack} did. */
export interface TrackFix {
  /** Where the file is kept as it was. */
  readonly backup: string;
  /** At least one. */
  readonly changes: readonly FixChange[];
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
  const { format, invalid, blocks = [] } = await readTrack(file, options);
  if (format !== 'vtt' && format !== 'srt') return undefined;
  const { text, encoding } = decodeText(await readFile(file), options.encoding);
  const raw = readRawTrack(text, format, new Set(invalid.map((cue) => cue.text)));
  const repaired = repairCues(raw.cues, profile, (settings) => repairSettings(settings, format, blocks));
  const changes: FixChange[] = [
    ...(encoding === 'utf-8' ? [] : [{ change: 'encoding', from: encoding, to: 'utf-8' } as const]),
    ...fixChanges(repaired.cues),
  ];
  // The same cues in UTF-8: nothing to repair, whatever its line ends and numbers.
  if (raw.cues.length === 0 || changes.length === 0) return undefined;
  const cues = repaired.cues.flatMap(({ now }) => now ?? []);
  const whole = writeRawTrack({ ...raw, cues, after: [...repaired.after, ...raw.after] }, format);
  const sink = await openFileSink(file);
  try {
    await sink.write(whole);
    const { handle } = await openRegular(sink.scratch, { follow: false });
    try {
      const backup = await keepBackup(sink.scratch, handle);
      await sink.commit();
      return { backup, changes };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
