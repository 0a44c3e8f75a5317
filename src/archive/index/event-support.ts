import { z } from 'zod';
import { counted } from '../../core/text/wording.ts';
import type { VideoEvent } from '../../core/types.ts';
import { type Database, readFact, writeFact } from './database.ts';

/** How many keyframes of an event name what its caption names. */
export interface EventSupport {
  /** How many of `frames` do. */
  readonly support: number;
  /** How many keyframes have a caption of their own. */
  readonly frames: number;
}

/** `(5 of 6 keyframes)` */
export function supportText({ support, frames }: EventSupport): string {
  return `(${support} of ${counted(frames, 'keyframe')})`;
}

/** The events of a recording, for the cues that are made of them. */
export type SupportedEvent = EventSupport & Pick<VideoEvent, 'first' | 'last'>;

const schema = z.array(z.tuple([z.int(), z.int(), z.int(), z.int()]));

/** The name of the fact about a recording. */
export const supportFact = (recording: number) => `support in ${recording}`;

/** Stores the events of a recording. */
export function writeSupport(db: Database, recording: number, events: readonly SupportedEvent[]): void {
  if (events.length === 0) return;
  const rows = events.map(({ first, last, support, frames }) => [first, last, support, frames]);
  writeFact(db, supportFact(recording), JSON.stringify(rows));
}

/** Adds an event to those of a recording that goes on. */
export function addSupport(db: Database, recording: number, event: SupportedEvent): void {
  const known = readSupport(db, recording).filter(({ first }) => first !== event.first);
  writeSupport(db, recording, [...known, event]);
}

function readSupport(db: Database, recording: number): SupportedEvent[] {
  const fact = readFact(db, supportFact(recording));
  const rows = fact === undefined ? [] : schema.parse(JSON.parse(fact));
  return rows.map(([first, last, support, frames]) => ({ first, last, support, frames }));
}

/** Finds the support of a cue by its recording and its first keyframe; null where the recording was not captioned in events. */
export function supportReader(db: Database): (recording: number, keyframe: number | null) => EventSupport | null {
  const known = new Map<number, readonly SupportedEvent[]>();
  return (recording, keyframe) => {
    if (keyframe === null) return null;
    const events = known.get(recording) ?? readSupport(db, recording);
    known.set(recording, events);
    const event = events.find(({ first, last }) => keyframe >= first && keyframe <= last);
    return event === undefined ? null : { support: event.support, frames: event.frames };
  };
}
