import { z } from 'zod';
import { type Database, readFact, writeFact } from './database.ts';

/** A file in which another program has recorded a part of a live stream. Times are milliseconds since 1970. */
export interface Segment {
  readonly file: string;
  readonly start: number;
}

/** Start, the start of the last cue that is known to be in it, and the file. */
const schema = z.array(z.tuple([z.number(), z.number(), z.string()]));

/** The name of the fact about a recording that stands for an hour of a live stream. */
export const segmentsFact = (recording: number) => `segments of ${recording}`;

function readSegments(db: Database, recording: number): z.infer<typeof schema> {
  const fact = readFact(db, segmentsFact(recording));
  return fact === undefined ? [] : schema.parse(JSON.parse(fact));
}

/** Notes that what was seen at a time is in a file. */
export function addSegment(db: Database, recording: number, { file, start }: Segment, time: number): void {
  const known = readSegments(db, recording);
  const until = known.find(([, , path]) => path === file)?.[1] ?? time;
  const others = known.filter(([, , path]) => path !== file);
  const all = [...others, [start, Math.max(until, time), file] as const].sort(([a], [b]) => a - b);
  writeFact(db, segmentsFact(recording), JSON.stringify(all));
}

/** Finds the file that has what was seen at a time, by the recording of its cue; undefined where there is none. */
export function segmentReader(db: Database): (recording: number, time: number) => Segment | undefined {
  const known = new Map<number, z.infer<typeof schema>>();
  return (recording, time) => {
    const segments = known.get(recording) ?? readSegments(db, recording);
    known.set(recording, segments);
    const found = segments.findLast(([start]) => start <= time);
    if (found === undefined || found[1] < time) return undefined;
    return { file: found[2], start: found[0] };
  };
}
