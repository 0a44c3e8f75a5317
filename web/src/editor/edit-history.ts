/** A state and the way to it, for undo and redo. */
export interface EditHistory<State> {
  readonly past: readonly State[];
  readonly present: State;
  readonly future: readonly State[];
  /** What the last change was part of: typing into one cue is undone as one change. */
  readonly during: string | undefined;
}

/** How many changes can be undone. */
const DEPTH = 500;

/** A history that begins with `present`. */
export function beginHistory<State>(present: State): EditHistory<State> {
  return { past: [], present, future: [], during: undefined };
}

/**
 * Adds a change. One with the same `during` as the change before it becomes a part of that one. No change, where `present` is what it was.
 */
export function recordChange<State>(history: EditHistory<State>, present: State, during?: string): EditHistory<State> {
  if (present === history.present) return history;
  const continues = during !== undefined && during === history.during && history.past.length > 0;
  const past = continues ? history.past : [...history.past, history.present].slice(-DEPTH);
  return { past, present, future: [], during };
}

/** Ends what consecutive changes are joined into: the next change is undone by itself. */
export function endJoining<State>(history: EditHistory<State>): EditHistory<State> {
  return history.during === undefined ? history : { ...history, during: undefined };
}

/** Goes back by one change; the same history where there is none. */
export function undo<State>(history: EditHistory<State>): EditHistory<State> {
  const before = history.past.at(-1);
  if (history.past.length === 0 || before === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
    during: undefined,
  };
}

/** Takes back one undo; the same history where there is none. */
export function redo<State>(history: EditHistory<State>): EditHistory<State> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, during: undefined };
}

/** Makes a change in every state of a history: it cannot be undone. */
export function changeAll<State>(history: EditHistory<State>, change: (state: State) => State): EditHistory<State> {
  const { past, present, future, during } = history;
  return { past: past.map(change), present: change(present), future: future.map(change), during };
}
