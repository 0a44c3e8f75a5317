import { z } from 'zod';
import { runFfprobe } from '../../ingest/probe/ffprobe.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { type NamedTime, namedTime } from './name-patterns.ts';
import { toInstants } from './time-zone.ts';

/** When a recording began, and on which camera. */
export interface WallClock {
  /** Milliseconds since 1970, UTC. */
  readonly start: number;
  /**
   * The source of `start`: the name, the container, or the time of the last change minus the duration. `reset`: the
   * container or the last change, because the name has a time that cannot be: the recorder's clock was reset. `ahead`: the
   * name, though the file was last changed before that time: the recorder's clock is fast, or its zone is another.
   */
  readonly from: 'name' | 'metadata' | 'mtime' | 'reset' | 'ahead';
  /** The camera, where the name says it. */
  readonly camera?: string;
}

/** Facts about a recording's file. */
export interface WallClockRequest {
  /** Path below the watched folder, with `/`. */
  readonly path: string;
  /** Zone of the local times in names, as IANA names it. */
  readonly zone: string;
  /** Time of the file's last change, milliseconds since 1970. */
  readonly changed: number;
  /** Milliseconds; 0 where unknown. */
  readonly duration: number;
  /** Custom pattern of names, from `parseNames`. */
  readonly names?: RegExp | undefined;
}

const Answer = z.object({
  format: z.object({ tags: z.record(z.string(), z.string()).optional() }).optional(),
  streams: z.array(z.object({ tags: z.record(z.string(), z.string()).optional() })).default([]),
});

/** Cameras whose clock was reset count from 1904, 1970 or 2000. */
const EARLIEST = Date.UTC(2001, 0, 1);
const DAY_MS = 86_400_000;
/** The clocks of recorder and storage may differ by so much. */
const CLOCKS_DIFFER_MS = 120_000;

/** The instant that a name says; undefined where it has no time. */
export function namedInstant(
  named: NamedTime,
  { zone, changed, duration }: Pick<WallClockRequest, 'zone' | 'changed' | 'duration'>,
): number | undefined {
  if (named.epoch !== undefined) return named.epoch;
  if (named.local === undefined) return undefined;
  if (named.offset !== undefined) return toInstants(named.local, 'UTC')[0] - named.offset * 60_000;
  const instants = toInstants(named.local, zone);
  // In the repeated hour, take the instant that fits the time of the last change: the end of the recording.
  const miss = (instant: number): number => Math.abs(changed - (instant + duration));
  return instants.reduce((best, instant) => (miss(instant) < miss(best) ? instant : best));
}

/** False for the time of a clock that was reset: too early, or a day or more after the file was last changed. */
function isPlausible(time: number, changed: number): boolean {
  // Where the time of the last change was lost itself, it says nothing.
  return time >= EARLIEST && (changed < EARLIEST || time <= changed + DAY_MS);
}

/** The container's creation time; undefined where it is missing or implausible. */
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
    .find((time) => isPlausible(time, changed));
}

/** The start of a recording as its path says it; undefined where the path says none, or one that cannot be. */
export function clockInName(request: WallClockRequest): WallClock | undefined {
  const named = namedTime(request.path, request.names);
  const start = named === undefined ? undefined : namedInstant(named, request);
  if (start === undefined || !isPlausible(start, request.changed)) return undefined;
  const ahead = request.changed >= EARLIEST && start > request.changed + CLOCKS_DIFFER_MS;
  return { start, from: ahead ? 'ahead' : 'name', ...(named?.camera === undefined ? {} : { camera: named.camera }) };
}

/**
 * Finds the start of a recording: from its name, else from its container, else from the time of its last change. Times
 * that cannot be (2000, 2099: a recorder whose clock was reset) do not count. Local
 * times in names are in `zone`; in the hour that is repeated when summer time ends, the time of the last change decides.
 * Throws as `runFfprobe`.
 */
export async function wallClock(source: Source, request: WallClockRequest, signal: AbortSignal): Promise<WallClock> {
  const shown = clockInName(request);
  if (shown !== undefined) return shown;
  const named = namedTime(request.path, request.names);
  const camera = named?.camera === undefined ? {} : { camera: named.camera };
  const made = await containerTime(source, request.changed, signal);
  const from = named === undefined ? undefined : 'reset';
  if (made !== undefined) return { start: made, from: from ?? 'metadata', ...camera };
  return { start: Math.round(request.changed - request.duration), from: from ?? 'mtime', ...camera };
}
