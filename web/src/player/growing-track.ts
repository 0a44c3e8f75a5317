import { type Signal, signal } from '@preact/signals';
import type { ApiCue } from '../../../src/web/api/schemas/cues.ts';
import { atMostEvery } from '../state/at-most-every.ts';
import { onEvent } from '../state/live-events.ts';
import { api, inWords } from '../state/server.ts';

/** The cues of a video, kept up to date. */
export interface TrackStore {
  readonly cues: Signal<readonly ApiCue[]>;
  readonly origin: Signal<'edits' | 'model'>;
  readonly problem: Signal<string | undefined>;
  load(): Promise<void>;
  close(): void;
}

/** Loads the cues of a video, and adds those that arrive. */
export function openTrack(id: string): TrackStore {
  const cues = signal<readonly ApiCue[]>([]);
  const origin = signal<'edits' | 'model'>('model');
  const problem = signal<string | undefined>(undefined);
  /** Cues that arrived while the list was being loaded, by position. */
  let early: Map<number, ApiCue> | undefined;

  const place = (position: number, cue: ApiCue): void => {
    if (position > cues.value.length) {
      // One in between was missed.
      void load();
      return;
    }
    cues.value = [...cues.value.slice(0, position), cue, ...cues.value.slice(position + 1)];
  };

  const load = async (): Promise<void> => {
    const arriving = new Map<number, ApiCue>();
    early = arriving;
    try {
      const list = await api('GET /videos/{id}/cues', { params: { id } });
      // A later call loads again.
      if (early !== arriving) return;
      early = undefined;
      cues.value = list.cues;
      origin.value = list.origin;
      problem.value = undefined;
      if (list.origin === 'model') for (const [position, cue] of arriving) place(position, cue);
    } catch (error) {
      if (early !== arriving) return;
      early = undefined;
      problem.value = inWords(error);
    }
  };

  // Cues that are added follow edits of a track that was still growing: the server knows which.
  const loadSoon = atMostEvery(1000, load);
  const stop = [
    onEvent('cue', (event) => {
      if (event.id !== id) return;
      if (origin.value === 'edits') loadSoon();
      else if (early === undefined) place(event.position, event.cue);
      else early.set(event.position, event.cue);
    }),
    onEvent('edits', (event) => {
      if (event.id === id) void load();
    }),
    onEvent('reset', () => void load()),
  ];
  return {
    cues,
    origin,
    problem,
    load,
    close: () => {
      for (const end of stop) end();
    },
  };
}
