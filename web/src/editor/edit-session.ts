import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { ApiError } from '../../../src/web/api/client.ts';
import type { CueList } from '../../../src/web/api/schemas/cues.ts';
import { onEvent } from '../state/live-events.ts';
import { api, inWords } from '../state/server.ts';
import { fromServer, toServer } from './cue-keys.ts';
import { type EditCue, sameCues } from './edit-cues.ts';
import { beginHistory, type EditHistory, endJoining, recordChange, redo, undo } from './edit-history.ts';
import { forgetUnsaved, keepUnsaved, unsavedEdits } from './unsaved-edits.ts';

type Cues = readonly EditCue[];

/** The cues of a video while they are edited. */
export interface EditSession {
  /** Undefined until they are loaded. */
  readonly history: Signal<EditHistory<Cues> | undefined>;
  readonly cues: ReadonlySignal<Cues>;
  readonly origin: Signal<CueList['origin']>;
  readonly complete: Signal<boolean>;
  readonly dirty: ReadonlySignal<boolean>;
  /** What another tab, or another person, has saved since. */
  readonly elsewhere: Signal<CueList | undefined>;
  readonly problem: Signal<string | undefined>;
  /** True where unsaved edits of before were found. */
  readonly restored: Signal<boolean>;
  load(): Promise<void>;
  /** Changes the cues; changes with the same `during` are undone together. */
  apply(change: (cues: Cues) => Cues, during?: string): void;
  /** Ends joining changes: the next is undone by itself. */
  pause(): void;
  undo(): void;
  redo(): void;
  /** Saves; where somebody else has saved since, sets `elsewhere` and saves nothing. */
  save(): Promise<void>;
  /** Takes what was saved elsewhere, as a change that can be undone. */
  takeTheirs(): void;
  /** Saves over what was saved elsewhere. */
  keepMine(): Promise<void>;
  /** Goes back to the cues of the model, as a change that can be undone and has to be saved. */
  takeModel(): Promise<void>;
  /** Gives up what was not saved. */
  discard(): void;
  close(): void;
}

/** Begins to edit the cues of a video. */
export function openEdits(id: string): EditSession {
  const history = signal<EditHistory<Cues> | undefined>(undefined);
  const saved = signal<Cues>([]);
  const origin = signal<CueList['origin']>('model');
  const complete = signal(true);
  const elsewhere = signal<CueList | undefined>(undefined);
  const problem = signal<string | undefined>(undefined);
  const restored = signal(false);
  const cues = computed(() => history.value?.present ?? []);
  const dirty = computed(() => history.value !== undefined && !sameCues(cues.value, saved.value));
  let revision = '';
  let saving = false;
  let keeping: ReturnType<typeof setTimeout> | undefined;

  const keep = (): void => {
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      if (dirty.value) keepUnsaved(id, { revision, cues: toServer(cues.value) });
      else forgetUnsaved(id);
    }, 400);
  };
  const change = (next: EditHistory<Cues>): void => {
    history.value = next;
    keep();
  };
  /** Takes what the server has as what was saved. */
  const adopt = (list: CueList): Cues => {
    const loaded = fromServer(list.cues);
    ({ revision } = list);
    origin.value = list.origin;
    complete.value = list.complete;
    saved.value = loaded;
    elsewhere.value = undefined;
    problem.value = undefined;
    return loaded;
  };
  const fetchCues = (from?: CueList['origin']): Promise<CueList> =>
    api('GET /videos/{id}/cues', { params: { id }, query: from === undefined ? {} : { origin: from } });

  const load = async (): Promise<void> => {
    try {
      const list = await fetchCues();
      const before = beginHistory(adopt(list));
      const unsaved = unsavedEdits(id);
      if (unsaved === undefined) {
        history.value = before;
        return;
      }
      restored.value = true;
      history.value = recordChange(before, fromServer(unsaved.cues));
      if (unsaved.revision !== list.revision) elsewhere.value = list;
    } catch (error) {
      problem.value = inWords(error);
    }
  };

  const put = async (): Promise<void> => {
    const sent = cues.value;
    saving = true;
    try {
      const list = await api('PUT /videos/{id}/edits', {
        params: { id },
        body: { cues: toServer(sent) },
        ifMatch: `"${revision}"`,
      });
      ({ revision } = list);
      origin.value = list.origin;
      saved.value = sent;
      elsewhere.value = undefined;
      problem.value = undefined;
      restored.value = false;
      if (history.value !== undefined) change(endJoining(history.value));
    } finally {
      saving = false;
    }
  };

  const save = async (): Promise<void> => {
    try {
      await put();
    } catch (error) {
      const conflict = error instanceof ApiError && error.problem.status === 412;
      if (!conflict) throw error;
      elsewhere.value = await fetchCues();
    }
  };

  const stop = [
    onEvent('edits', async (event) => {
      if (event.id !== id || saving || event.revision === revision) return;
      const list = await fetchCues().catch(() => undefined);
      if (list === undefined || list.revision === revision) return;
      if (dirty.value) elsewhere.value = list;
      else if (history.value !== undefined) change(recordChange(history.value, adopt(list)));
    }),
  ];

  return {
    history,
    cues,
    origin,
    complete,
    dirty,
    elsewhere,
    problem,
    restored,
    load,
    apply: (edit, during) => {
      if (history.value !== undefined) change(recordChange(history.value, edit(history.value.present), during));
    },
    pause: () => {
      if (history.value !== undefined) history.value = endJoining(history.value);
    },
    undo: () => {
      if (history.value !== undefined) change(undo(history.value));
    },
    redo: () => {
      if (history.value !== undefined) change(redo(history.value));
    },
    save,
    takeTheirs: () => {
      const list = elsewhere.value;
      if (list !== undefined && history.value !== undefined) change(recordChange(history.value, adopt(list)));
    },
    keepMine: async () => {
      if (elsewhere.value !== undefined) ({ revision } = elsewhere.value);
      await save();
    },
    takeModel: async () => {
      const list = await fetchCues('model');
      if (history.value !== undefined) change(recordChange(history.value, fromServer(list.cues)));
    },
    discard: () => {
      clearTimeout(keeping);
      forgetUnsaved(id);
    },
    close: () => {
      for (const end of stop) end();
    },
  };
}
