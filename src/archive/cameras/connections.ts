import { z } from 'zod';
import { type Database, readFact, writeFact } from '../index/database.ts';

/** How `live` is connected to a camera. Times are milliseconds since 1970. */
const connectionSchema = z.object({
  state: z.enum(['connecting', 'live', 'stalled', 'failed', 'ended']),
  since: z.number(),
  /** Why it is not live. */
  reason: z.string().optional(),
});
/** How `live` is connected to a camera. Times are milliseconds since 1970. */
export type Connection = z.infer<typeof connectionSchema>;

/** When `live` last said that it runs. */
const SEEN = 'live seen';
/** `live` says so this often. */
export const SEEN_EVERY_MS = 30_000;
/** Without a word for so long, `live` was killed. */
const SEEN_FOR_MS = 3 * SEEN_EVERY_MS;

const factOf = (camera: string): string => `connection of ${camera}`;

/** Stores how `live` is connected to a camera. */
export function writeConnection(db: Database, camera: string, connection: Connection): void {
  writeFact(db, factOf(camera), JSON.stringify(connection));
}

/** Stores that `live` runs at `now`, or, without it, that it has ended. */
export function writeLiveSeen(db: Database, now = 0): void {
  writeFact(db, SEEN, String(now));
}

/** How `live` is connected to a camera; `stopped` where it does not run any more. Undefined for a camera that it never read. */
export function readConnection(
  db: Database,
  camera: string,
  now: number,
): Connection | { readonly state: 'stopped' } | undefined {
  const fact = readFact(db, factOf(camera));
  if (fact === undefined) return undefined;
  const seen = Number(readFact(db, SEEN) ?? 0);
  return now - seen < SEEN_FOR_MS ? connectionSchema.parse(JSON.parse(fact)) : { state: 'stopped' };
}
