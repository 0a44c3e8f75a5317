import type { ApiCue } from '../../../src/web/api/schemas/cues.ts';

/** Edits that were not saved, as this browser keeps them: a crash or a reload loses nothing. */
export interface UnsavedEdits {
  /** What they were made of. */
  readonly revision: string;
  readonly cues: readonly ApiCue[];
}

function keyOf(id: string): string {
  return `secondglance.unsaved.${id}`;
}

/** Keeps unsaved edits of a video. */
export function keepUnsaved(id: string, edits: UnsavedEdits): void {
  try {
    localStorage.setItem(keyOf(id), JSON.stringify(edits));
  } catch {
    // The browser's storage is full or switched off; the page asks before it is closed all the same.
  }
}

/** The unsaved edits of a video, if there are any. */
export function unsavedEdits(id: string): UnsavedEdits | undefined {
  try {
    return JSON.parse(localStorage.getItem(keyOf(id)) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** Forgets them: they were saved, or given up. */
export function forgetUnsaved(id: string): void {
  localStorage.removeItem(keyOf(id));
}
