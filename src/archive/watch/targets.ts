import path from 'node:path';
import type { Format, Target } from '../../captioning/outputs.ts';
import type { Database } from '../index/database.ts';
import { type Recording, recordingsWhere } from '../recordings/recordings.ts';
import type { WatchSettings } from './watch-settings.ts';

/** Where a recording's tracks go, extension left out: beside it, or under the output folder in the same tree. */
function trunkOf({ path: file, root }: Recording, { output, roots }: WatchSettings): string {
  if (output === undefined) return file;
  const below = path.relative(root, file);
  return path.join(output, ...(roots.length > 1 ? [path.basename(root)] : []), below);
}

function targetsAt(trunk: string, formats: readonly Format[]): Target[] {
  return formats.map((format) => ({ format, path: `${trunk}.${format}` }));
}

/**
 * The places that a recording's tracks may take, the best first: `front.vtt` for `front.mp4`, and `front.mp4.vtt`, where
 * the first is another recording's. Those that another recording of the archive has are left out.
 */
export function placesFor(db: Database, recording: Recording, settings: WatchSettings): Target[][] {
  const whole = trunkOf(recording, settings);
  const stem = path.join(path.dirname(whole), path.basename(whole, path.extname(whole)));
  return [stem, whole]
    .map((trunk) => targetsAt(trunk, settings.formats))
    .filter(([first]) => {
      const others = recordingsWhere(db, 'r.track = ? AND r.id <> ?', first?.path ?? '', recording.id);
      // A later recording under the same name takes the place of the one before.
      return others.every((other) => other.path === recording.path);
    });
}
