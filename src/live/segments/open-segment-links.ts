import type { LiveOutputSettings } from '../outputs/live-output-settings.ts';
import { SegmentFolder } from './segment-folder.ts';
import { type SegmentLinkRun, SegmentLinks } from './segment-links.ts';

/** Opens what links captions to recorded files; undefined where none is asked for. */
export function openSegmentLinks(
  { segments, zone, sources }: LiveOutputSettings,
  run: SegmentLinkRun,
): SegmentLinks | undefined {
  if (segments === undefined) return undefined;
  const { folder, names } = segments;
  return new SegmentLinks(new SegmentFolder(folder, { zone, names }), sources, run);
}
