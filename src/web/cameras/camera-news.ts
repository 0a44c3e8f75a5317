import type { OpenArchive } from '../../archive/open-archive.ts';
import { SecondGlanceError } from '../../core/errors.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { ArchiveConnection } from './archive-connection.ts';
import { camerasOf } from './camera-answers.ts';

/** Looks for changes at most so often. */
const EVERY_MS = 1000;
/** A `live` that was killed changes nothing: how cameras are doing is found out anew at least this often. */
const AT_LEAST_EVERY_MS = 30_000;

/** Counts the transactions of other processes. */
function versionOf({ db }: OpenArchive): number {
  return (db.prepare('PRAGMA data_version').get() as { readonly data_version: number }).data_version;
}

/** Publishes what has changed about cameras: `watch` and `live` write the archive in processes of their own, so it looks again and again. */
export class CameraNews {
  readonly #archive: ArchiveConnection;
  readonly #hub: EventHub;
  readonly #last = new Map<string, string>();
  readonly #timer: NodeJS.Timeout | undefined;
  #version = -1;
  #looked = Number.NEGATIVE_INFINITY;
  #looking = false;

  constructor(archive: ArchiveConnection, hub: EventHub) {
    this.#archive = archive;
    this.#hub = hub;
    if (archive.configured) this.#timer = setInterval(() => void this.#look(), EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    // Clients load everything when they come.
    if (this.#looking || this.#hub.clients === 0) return;
    this.#looking = true;
    try {
      await this.#archive.use((archive) => this.#publish(archive));
    } catch (error) {
      // There is none yet, or it is locked: whoever asks for cameras is answered with the reason.
      if (!(error instanceof SecondGlanceError)) throw error;
    } finally {
      this.#looking = false;
    }
  }

  #publish(archive: OpenArchive): void {
    const now = Date.now();
    const version = versionOf(archive);
    if (version === this.#version && now - this.#looked < AT_LEAST_EVERY_MS) return;
    this.#version = version;
    this.#looked = now;
    for (const camera of camerasOf(archive, now)) {
      const text = JSON.stringify(camera);
      if (this.#last.get(camera.name) === text) continue;
      this.#last.set(camera.name, text);
      this.#hub.publish('camera', { camera });
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
