import { constants, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errnoOf } from '../core/errors.ts';

/** How often a pipe without a reader is tried again. */
const POLL_MS = 100;

/**
 * Opens a named pipe for writing once it has a reader. Neither that nor a write blocks a thread of libuv's pool, so that signals and other work
 * go on. Throws the system's error, or the signal's reason.
 */
export async function openPipe(file: string, signal?: AbortSignal): Promise<Writable> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      const fd = await promisify(open)(file, constants.O_WRONLY | constants.O_NONBLOCK);
      return new Socket({ fd, readable: false, writable: true });
    } catch (error) {
      // It has no reader yet.
      if (errnoOf(error) !== 'ENXIO') throw error;
    }
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
