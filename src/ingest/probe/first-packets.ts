import { z } from 'zod';
import type { Source } from '../sources/sources.ts';
import { runFfprobe } from './ffprobe.ts';
import type { MediaInfo } from './media-info.ts';

/** Packets that are looked at: more than any codec reorders. */
const LOOKED_AT = 64;

const Answer = z.object({ packets: z.array(z.object({ pts_time: z.string().optional() })).default([]) });

/**
 * True where the first packets of the video all carry presentation times. AVI, raw streams and program streams have none
 * for some or all: a copy would then show frames in the order in which they are decoded. Throws as `runFfprobe`.
 */
export async function hasPacketTimes(
  source: Source,
  { stream }: Pick<MediaInfo, 'stream'>,
  signal: AbortSignal,
): Promise<boolean> {
  const queries = ['-select_streams', String(stream), '-show_entries', 'packet=pts_time'];
  const { packets } = await runFfprobe(source, [...queries, '-read_intervals', `%+#${LOOKED_AT}`], Answer, signal);
  return packets.every(({ pts_time }) => pts_time !== undefined && pts_time !== 'N/A');
}
