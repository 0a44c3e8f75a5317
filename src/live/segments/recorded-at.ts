import type { SegmentLink } from '../live-event.ts';

/** Where something was recorded, as JSON has it: the file and the seconds from its start; nothing where it is not known. */
export function recordedAt(
  segment: SegmentLink | undefined,
  time: number,
): { readonly file?: string; readonly offset?: number } {
  return segment === undefined ? {} : { file: segment.file, offset: (time - segment.start) / 1000 };
}
