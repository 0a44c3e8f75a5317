import { formatRevision, parseRevision } from '../../../src/web/api/revision.ts';
import type { ApiCue, CueList } from '../../../src/web/api/schemas/cues.ts';

function milliseconds({ start }: ApiCue): number {
  return Math.round(start * 1000);
}

/**
 * Which cues of the model a list has, while more are being added. A run that begins again after a restart of the server adds them
 * again: those that are there already are left out.
 */
export class ArrivingCues {
  /** The cues that were added since the list was loaded. */
  #added: ApiCue[] = [];
  #through: number | undefined;

  /** Begins with a list that was loaded. */
  begin({ revision }: Pick<CueList, 'revision'>): void {
    this.#added = [];
    ({ through: this.#through } = parseRevision(revision));
  }

  /** Takes all cues that the model has by now; returns those that are new. None are where the list was complete. */
  take(cues: readonly ApiCue[]): readonly ApiCue[] {
    const before = this.#through;
    if (before === undefined) return [];
    const fresh = cues.filter((cue) => milliseconds(cue) > before);
    const last = fresh.at(-1);
    if (last !== undefined) this.#through = milliseconds(last);
    this.#added.push(...fresh);
    return fresh;
  }

  /** No more will be added. */
  end(): void {
    this.#through = undefined;
  }

  /** The cues of another list, with those that were added here after it was made. */
  complete({ revision, cues }: Pick<CueList, 'revision' | 'cues'>): readonly ApiCue[] {
    const { through } = parseRevision(revision);
    return through === undefined ? cues : [...cues, ...this.#added.filter((cue) => milliseconds(cue) > through)];
  }

  /** A revision of the server, as far as the cues here go: what is sent as If-Match. */
  revisionOf(revision: string): string {
    return formatRevision({ ...parseRevision(revision), through: this.#through });
  }
}
