import { z } from 'zod';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { type NamedTime, namedTime } from './name-patterns.ts';
import { toInstants } from './time-zone.ts';

/** When a recording began. */
export interface WallClock {
  /** Milliseconds since 1970, UTC. */
  readonly start: number;
  /** Where that is known from: its name, its container, or the time of its last change less its length. */
  readonly from: 'name' | 'metadata' | 'mtime';
  /** The camera that the name names. */
  readonly camera?: string;
}

/** What is known of a recording besides what is in it. */
export interface WallClockRequest {
  /** Below the watched folder, with `/`. */
  readonly path: string;
  /** IANA name of the zone whose clocks the recorder's names show. */
  readonly zone: string;
  /** Time of the file's last change, milliseconds since 1970. */
  readonly changed: number;
  /** Milliseconds; 0 where unknown. */
  readonly duration: number;
  /** One's own pattern of names, from `parseNames`. */
  readonly names?: RegExp | undefined;
}

const Answer = z.object({
  format: z.object({ tags: z.record(z.string(), z.string()).optional() }).optional(),
  streams: z.array(z.object({ tags: z.record(z.string(), z.string()).optional() })).default([]),
});

/** Cameras with an empty battery count from 1904, 1970 or 2000. */
const EARLIEST = Date.UTC(2001, 0, 1);
const DAY_MS = 86_400_000;

function momentOf(named: NamedTime, { zone, changed, duration }: WallClockRequest): number | undefined {
  if (named.epoch !== undefined) return named.epoch;
  if (named.local === undefined) return undefined;
  if (named.offset !== undefined) return toInstants(named.local, 'UTC')[0] - named.offset * 60_000;
  const moments = toInstants(named.local, zone);
  // The hour that comes twice: the file was changed last when the recording ended.
  const miss = (moment: number): number => Math.abs(changed - (moment + duration));
  return moments.reduce((best, moment) => (miss(moment) < miss(best) ? moment : best));
}

/** The time that a container was made, as it says; undefined where it does not, or says what cannot be. */
async function containerTime(source: Source, changed: number, signal: AbortSignal): Promise<number | undefined> {
  const entries = 'format_tags=creation_time,com.apple.quicktime.creationdate:stream_tags=creation_time';
  const { format, streams } = await runFfprobe(source, ['-show_entries', entries], Answer, signal);
  const texts = [
    format?.tags?.['com.apple.quicktime.creationdate'],
    format?.tags?.creation_time,
    ...streams.map(({ tags }) => tags?.creation_time),
  ];
  return texts
    .map((text) => (text === undefined ? Number.NaN : Date.parse(text)))
    .find((time) => time >= EARLIEST && time <= changed + DAY_MS);
}

/**
 * When a recording began: from its name, else from its container, else from the time of its last change. Local times in
 * names are those of `zone`, summer time included; in the hour that comes twice the time of the last change decides.
 * Throws as `askFfprobe`.
 */
export async function wallClock(source: Source, request: WallClockRequest, signal: AbortSignal): Promise<WallClock> {
  const named = namedTime(request.path, request.names);
  const camera = named?.camera === undefined ? {} : { camera: named.camera };
  const start = named === undefined ? undefined : momentOf(named, request);
  if (start !== undefined) return { start, from: 'name', ...camera };
  const made = await containerTime(source, request.changed, signal);
  if (made !== undefined) return { start: made, from: 'metadata', ...camera };
  return { start: Math.round(request.changed - request.duration), from: 'mtime', ...camera };
}
