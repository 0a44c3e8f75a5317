import type { LoadedSettings } from '../config/load.ts';
import type { ModelChoice } from '../workers/load-model.ts';

/** How the server is asked to run. */
export interface ServeRequest {
  readonly host: string;
  readonly port: number;
  /** Empty, or as `/captions`. */
  readonly basePath: string;
  readonly trustProxy: boolean;
  /** Names that a proxy asks for, besides those of the loopback. */
  readonly names: readonly string[];
  /** Absolute folders whose videos may be added. */
  readonly folders: readonly string[];
  /** The state file of `watch` or `live` whose cameras are shown; undefined: none are. */
  readonly state: string | undefined;
  /** Where videos, tracks and edits are kept. */
  readonly data: string;
  /** Bytes of one upload. */
  readonly uploadLimit: number;
  /** Videos at once. */
  readonly concurrency: number;
  readonly model: ModelChoice | undefined;
  /** Inference processes. */
  readonly processes: number | undefined;
  readonly settings: LoadedSettings;
  /** Called with the address once the server answers. */
  readonly onListening: (address: string) => void;
}
