import type { Table } from './graph-sessions.ts';
import type { Manifest } from './manifest.ts';

/** The text behind the visual tokens in a pass's first decoder call. B rows in every table. */
export interface Prompt {
  readonly ids: Table;
  readonly positions: Table;
  /** 0 caption, 1 draft. */
  readonly segments: Table;
  /** For each row, 1 where a column may be attended to; 0 at padding. */
  readonly seen: readonly (readonly number[])[];
  /** The column of the caption's start token, which predicts the caption's first token. */
  readonly start: number;
}

interface Cell {
  readonly id: number;
  readonly position: number;
  readonly segment: number;
  readonly seen: number;
}

/** Token lists as rows of one width, right-padded. */
function padded(rows: readonly (readonly number[])[], segment: number, pad: number): Cell[][] {
  const width = Math.max(...rows.map((tokens) => tokens.length));
  return rows.map((tokens) =>
    Array.from({ length: width }, (_, position) => {
      const id = tokens[position];
      return id === undefined ? { id: pad, position: 0, segment, seen: 0 } : { id, position, segment, seen: 1 };
    }),
  );
}

/**
 * The text of a pass's first call: the draft where it is a prompt, right-padded so that the caption starts in the same column of every row; the
 * start token; then captions to score in the same call.
 * @param captions token ids to score for each row; an empty list where there is nothing to score
 * @param drafts token ids of each row's draft; absent: no prompt. An empty draft is still a prompt
 */
export function promptOf(
  { pad, bos, draft }: Manifest['ids'],
  captions: readonly (readonly number[])[],
  drafts?: readonly (readonly number[])[],
): Prompt {
  const prompts = drafts?.map((tokens) => [draft, ...tokens]) ?? captions.map(() => []);
  const left = padded(prompts, 1, pad);
  const right = padded(
    captions.map((tokens) => [bos, ...tokens]),
    0,
    pad,
  );
  const rows = left.map((cells, row) => [...cells, ...(right[row] ?? [])]);
  const columns = rows[0]?.length ?? 0;
  const table = (value: (cell: Cell) => number): Table => ({ columns, values: rows.flat().map(value) });
  return {
    ids: table(({ id }) => id),
    positions: table(({ position }) => position),
    segments: table(({ segment }) => segment),
    seen: rows.map((cells) => cells.map(({ seen }) => seen)),
    start: left[0]?.length ?? 0,
  };
}

/**
 * The drafts as DeepLens reads them: right-padded to the longest, with at least one column.
 * @returns [B, T] token ids
 */
export function draftTable(drafts: readonly (readonly number[])[], pad: number): Table {
  const columns = Math.max(1, ...drafts.map((tokens) => tokens.length));
  const values = drafts.flatMap((tokens) => [...tokens, ...new Array<number>(columns - tokens.length).fill(pad)]);
  return { columns, values };
}
