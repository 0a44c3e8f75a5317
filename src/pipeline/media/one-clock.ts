import { IngestError } from '../../ingest/errors.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';

/** Containers whose clock ffmpeg carries on where it starts again. In others it would give all later frames one time, or leave them out. */
const CARRIED_ON = /^(mpegts|mpeg|hls|mpegvideo|h264|hevc|avi)\b/;

/** Checks that a copy of the video would have right times. Throws an IngestError (`write-failed`). */
export function requireOneClock({ kind, label }: Source, { times, container }: MediaInfo): void {
  // Of an address it is not known, only possible.
  if (kind === 'url' || !times.stamped || times.continuous || CARRIED_ON.test(container)) return;
  throw new IngestError(
    'write-failed',
    `"${label}" cannot be copied: its times start again inside it (several recordings in one file); take the recordings one by one.`,
  );
}
