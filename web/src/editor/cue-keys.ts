import type { ApiCue } from '../../../src/web/api/schemas/cues.ts';
import type { EditCue } from './edit-cues.ts';

let last = 0;

/** A key that no other cue of this page has. */
export function newKey(): string {
  last += 1;
  return `c${last}`;
}

/** Cues as the server has them, for the editor. */
export function fromServer(cues: readonly ApiCue[]): readonly EditCue[] {
  return cues.map(({ start, end, text, from = [] }) => ({
    key: newKey(),
    start: Math.round(start * 1e6),
    end: Math.round(end * 1e6),
    text,
    from,
  }));
}

/** Cues of the editor, as the server takes them: whole milliseconds, without those that have no text. */
export function toServer(cues: readonly EditCue[]): ApiCue[] {
  return cues
    .filter(({ text }) => text.trim() !== '')
    .map(({ start, end, text, from }) => ({
      start: Math.round(start / 1000) / 1000,
      end: Math.round(end / 1000) / 1000,
      text: text.trim(),
      ...(from.length === 0 ? {} : { from: [...from] }),
    }));
}
