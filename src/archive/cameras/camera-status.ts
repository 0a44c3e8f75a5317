import type { Database } from '../index/database.ts';
import { type Hit, latestCue } from '../index/search-cues.ts';
import { type Connection, readConnection } from './connections.ts';

/**
 * - `connecting`, `live`, `stalled`, `failed`, `ended`: how `live` is connected; `stopped`: `live` does not run.
 * - `waiting`: recordings wait for `watch`; `idle`: all of them are captioned.
 */
export type CameraState = Connection['state'] | 'stopped' | 'waiting' | 'idle';

/** How a camera is doing. Times are milliseconds since 1970. */
export interface CameraStatus {
  readonly name: string;
  readonly state: CameraState;
  /** Since when it is in a state of `live`. */
  readonly since?: number;
  /** Why it is not live. */
  readonly reason?: string | undefined;
  /** Recordings that are not captioned yet. */
  readonly waiting: number;
  /** Recordings that could not be captioned. */
  readonly failed: number;
  readonly latest: Hit | undefined;
}

interface Counts {
  readonly id: number;
  readonly name: string;
  readonly waiting: number;
  readonly failed: number;
}

/** How all cameras are doing, by name. */
export function cameraStatuses(db: Database, now: number): CameraStatus[] {
  const cameras = db
    .prepare(
      `SELECT c.id, c.name, count(CASE r.state WHEN 'pending' THEN 1 END) AS waiting, count(CASE r.state WHEN 'failed' THEN 1 END) AS failed
       FROM cameras c LEFT JOIN recordings r ON r.camera = c.id AND r.state IN ('pending', 'failed')
       GROUP BY c.id ORDER BY c.name`,
    )
    .all() as Counts[];
  return cameras.map(({ id, name, waiting, failed }) => {
    const connection = readConnection(db, name, now) ?? {
      state: waiting > 0 ? ('waiting' as const) : ('idle' as const),
    };
    return { name, ...connection, waiting, failed, latest: latestCue(db, id) };
  });
}
