import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { ApiError } from '../../../src/web/api/client.ts';
import { formatRevision, parseRevision } from '../../../src/web/api/revision.ts';
import type { ApiCue, CueList } from '../../../src/web/api/schemas/cues.ts';
import { ArrivingCues } from '../state/arriving-cues.ts';
import { atMostEvery } from '../state/at-most-every.ts';
import { onEvent } from '../state/live-events.ts';
import { api, inWords } from '../state/server.ts';
import { fromServer, toServer } from './cue-keys.ts';
import { byStart, type EditCue, sameCues } from './edit-cues.ts';
import { beginHistory, changeAll, type EditHistory, endJoining, recordChange, redo, undo } from './edit-history.ts';
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
  /** Adds the cues of the model that were added since, in every state that undo can go back to. */
  catchUp(): Promise<void>;
  /** Changes the cues; changes with the same `during` are undone together. */
  apply(change: (cues: Cues) => Cues, during?: string): void;
  /** Ends joining changes: the next is undone by itself. */
  pause(): void;
  undo(): void;
  redo(): void;
  /** Saves; where somebody else has saved since, sets `elsewhere` and saves nothing. */
  save(): Promise<void>;
  /** Takes what was saved elsewhere, as a change that can be undone. */
  takeTheirs(): Promise<void>;
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
  const arriving = new ArrivingCues();
  let revision = '';
  /** The cues of a save that is under way. */
  let sent: Cues | undefined;
  let keeping: ReturnType<typeof setTimeout> | undefined;

  const keep = (): void => {
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      if (dirty.value) keepUnsaved(id, { revision: arriving.revisionOf(revision), cues: toServer(cues.value) });
      else forgetUnsaved(id);
    }, 400);
  };
  const change = (next: EditHistory<Cues>): void => {
    history.value = next;
    keep();
  };
  /** A video that was complete is captioned again: from here on its cues arrive. */
  const follow = (list: CueList): void => {
    if (!complete.value || list.complete) return;
    arriving.begin(list);
    complete.value = false;
  };
  /** Takes what the server has as what was saved. */
  const adopt = (list: CueList): Cues => {
    follow(list);
    const loaded = fromServer(arriving.complete(list));
    ({ revision } = list);
    origin.value = list.origin;
    saved.value = loaded;
    elsewhere.value = undefined;
    problem.value = undefined;
    return loaded;
  };
  const fetchCues = (from?: CueList['origin']): Promise<CueList> =>
    api('GET /videos/{id}/cues', { params: { id }, query: from === undefined ? {} : { origin: from } });
  const isSameEdits = (list: Pick<CueList, 'revision'>): boolean =>
    parseRevision(list.revision).edits === parseRevision(revision).edits;

  /** Adds cues of the model that are new. */
  const add = (cues: readonly ApiCue[]): void => {
    const added = fromServer(arriving.take(cues));
    if (added.length === 0 || history.value === undefined) return;
    const grown = (state: Cues): Cues => [...state, ...added].sort(byStart);
    if (sent !== undefined) sent = grown(sent);
    saved.value = grown(saved.value);
    change(changeAll(history.value, grown));
  };
  const catchUp = async (): Promise<void> => {
    if (history.value === undefined || complete.value) return;
    const list = await fetchCues('model');
    add(list.cues);
    if (!list.complete) return;
    arriving.end();
    complete.value = true;
    // It may have been another run than the one that began, after a restart of the server.
    const { run, ...rest } = parseRevision(revision);
    if (run !== undefined) revision = formatRevision({ ...rest, run: parseRevision(list.revision).run });
  };
  /** What the server has now; the cues here are no older than that. */
  const fetchTheirs = async (): Promise<CueList> => {
    const list = await fetchCues();
    await catchUp();
    return list;
  };

  const load = async (): Promise<void> => {
    try {
      const list = await fetchCues();
      const unsaved = unsavedEdits(id);
      const model = unsaved === undefined ? undefined : await fetchCues('model');
      complete.value = true;
      const before = beginHistory(adopt(list));
      history.value = before;
      if (unsaved === undefined || model === undefined) return;
      // The track may have grown since they were kept.
      add(model.cues);
      const kept = new ArrivingCues();
      kept.begin(unsaved);
      const all = fromServer([...unsaved.cues, ...kept.take(model.cues)]);
      restored.value = true;
      history.value = recordChange(history.value, [...all].sort(byStart));
      if (!isSameEdits(unsaved)) elsewhere.value = list;
    } catch (error) {
      problem.value = inWords(error);
    }
  };

  const put = async (): Promise<void> => {
    sent = cues.value;
    try {
      const list = await api('PUT /videos/{id}/edits', {
        params: { id },
        body: { cues: toServer(sent) },
        ifMatch: `"${arriving.revisionOf(revision)}"`,
      });
      ({ revision } = list);
      origin.value = list.origin;
      saved.value = sent ?? [];
      elsewhere.value = undefined;
      problem.value = undefined;
      restored.value = false;
      if (history.value !== undefined) change(endJoining(history.value));
    } finally {
      sent = undefined;
    }
  };

  const save = async (): Promise<void> => {
    try {
      await put();
    } catch (error) {
      const conflict = error instanceof ApiError && error.problem.status === 412;
      if (!conflict) throw error;
      elsewhere.value = await fetchTheirs();
    }
  };

  const catchUpSoon = atMostEvery(1000, catchUp);
  const stop = [
    onEvent('edits', async (event) => {
      if (event.id !== id || sent !== undefined || isSameEdits(event)) return;
      const list = await fetchTheirs().catch(() => undefined);
      if (list === undefined || isSameEdits(list)) return;
      if (dirty.value) elsewhere.value = list;
      else if (history.value !== undefined) change(recordChange(history.value, adopt(list)));
    }),
    onEvent('cue', (event) => {
      if (event.id === id) catchUpSoon();
    }),
    onEvent('reset', () => catchUpSoon()),
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
    catchUp,
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
    takeTheirs: async () => {
      if (elsewhere.value === undefined) return;
      const list = await fetchTheirs();
      if (history.value !== undefined) change(recordChange(history.value, adopt(list)));
    },
    keepMine: async () => {
      if (elsewhere.value !== undefined) {
        follow(elsewhere.value);
        ({ revision } = elsewhere.value);
      }
      await save();
    },
    takeModel: async () => {
      const list = await fetchCues('model');
      add(list.cues);
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
