import { assertOverwritable } from '../../storage/output-manifest.ts';
import { checkTarget } from './check-target.ts';
import { outputKey, type Target } from './target.ts';

/**
 * True if every target is up to date. Throws an OutputExistsError if one must not be overwritten, and as {@link checkTarget}, `force` or not.
 * @param track `key`: what the tracks depend on, without their format; `source`: the input that owns them, if it is one
 */
export async function assertWritable(
  stateDir: string,
  targets: readonly Target[],
  track: { readonly key: string; readonly source?: string | undefined; readonly force: boolean },
): Promise<boolean> {
  for (const target of targets) await checkTarget(stateDir, target, track.source);
  if (track.force || targets.length === 0) return false;
  let current = 0;
  for (const target of targets) {
    const file = target.path;
    if (file === '-') continue;
    const key = outputKey(target, track.key);
    if (await assertOverwritable(stateDir, file, { kind: 'track', key, source: track.source })) current += 1;
  }
  return current === targets.length;
}
