import path from 'node:path';
import type { Target } from '../../captioning/outputs/target.ts';
import type { FormatName } from '../../pipeline/formats/formats.ts';
import type { Database } from '../index/database.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';
import type { WatchSettings } from '../watch/watch-settings.ts';

/** Path of a recording's tracks without extension: beside it, or in the same tree under the output folder. */
function trunkOf({ path: file, root }: Recording, { output, roots }: WatchSettings): string {
  if (output === undefined) return file;
  const below = path.relative(root, file);
  return path.join(output, ...(roots.length > 1 ? [path.basename(root)] : []), below);
}

function targetsAt(trunk: string, formats: readonly FormatName[]): Target[] {
  return formats.map((format) => ({ format, path: `${trunk}.${format}` }));
}

/**
 * Candidates for a recording's tracks, the best first: `front.vtt` for `front.mp4`, then `front.mp4.vtt`. Paths that belong to
 * another recording of the archive are left out.
 */
export function candidateTargets(db: Database, recording: Recording, settings: WatchSettings): Target[][] {
  const whole = trunkOf(recording, settings);
  const stem = path.join(path.dirname(whole), path.basename(whole, path.extname(whole)));
  return [stem, whole]
    .map((trunk) => targetsAt(trunk, settings.formats))
    .filter(([first]) => {
      const others = recordingsWhere(db, 'r.track = ? AND r.id <> ?', first?.path ?? '', recording.id);
      // A later recording with the same path replaces the earlier one's track.
      return others.every((other) => other.path === recording.path);
    });
}
