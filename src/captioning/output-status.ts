import { SecondGlanceError } from '../core/errors.ts';
import { outputStatus } from '../storage/output-manifest.ts';
import { outputKey, type Target } from './outputs.ts';

/** A target that holds something which is not this run's to overwrite. */
export class TrackExistsError extends SecondGlanceError<'track-exists'> {
  constructor(target: string, whose: 'foreign' | 'other') {
    const why =
      whose === 'foreign'
        ? 'is already there and was not written by secondglance (or was edited since)'
        : 'is the track of another input';
    super('track-exists', `${target} ${why}: --force writes over it, -o writes elsewhere`);
  }
}

/**
 * True where every target is up to date. Throws a TrackExistsError where one is not to be overwritten.
 * @param track `key`: what the tracks depend on, but for their format; `source`: whose they are, where that is one input
 */
export async function assertWritable(
  stateDir: string,
  targets: readonly Target[],
  track: { readonly key: string; readonly source?: string | undefined; readonly force: boolean },
): Promise<boolean> {
  if (track.force || targets.length === 0) return false;
  let current = 0;
  for (const target of targets) {
    const file = target.path;
    if (file === '-') continue;
    const found = await outputStatus(stateDir, file, outputKey(target, track.key), track.source);
    if (found === 'foreign' || found === 'other') throw new TrackExistsError(file, found);
    if (found === 'current') current += 1;
  }
  return current === targets.length;
}
