import type { Tensor } from 'onnxruntime-node';
import type { Manifest } from './manifest.ts';
import { search, type Written } from './search.ts';
import type { Graphs, Table } from './sessions.ts';

/** What the decoder reads behind the visual tokens before the caption begins; B rows of `columns` each. */
interface Prefix {
  readonly columns: number;
  readonly ids: readonly number[];
  readonly positions: readonly number[];
  readonly segments: readonly number[];
  /** 0 at padding. */
  readonly mask: readonly number[];
}

/** First look: the caption's start alone. */
function startOnly(rows: number, { bos }: Manifest['ids']): Prefix {
  const every = (value: number) => Array.from({ length: rows }, () => value);
  return { columns: 1, ids: every(bos), positions: every(0), segments: every(0), mask: every(1) };
}

/** Second look: the draft, padded behind so that the caption starts in the same column of every row, then the start. */
function behindDrafts(drafts: readonly (readonly number[])[], { pad, bos, draft }: Manifest['ids']): Prefix {
  const longest = Math.max(...drafts.map((tokens) => tokens.length));
  const paddings = drafts.map((tokens) => new Array<number>(longest - tokens.length).fill(0));
  const rows = drafts.map((tokens, row) => ({ tokens, padding: paddings[row] ?? [] }));
  return {
    columns: longest + 2,
    ids: rows.flatMap(({ tokens, padding }) => [draft, ...tokens, ...padding.map(() => pad), bos]),
    positions: rows.flatMap(({ tokens, padding }) => [0, ...tokens.map((_, i) => i + 1), ...padding, 0]),
    segments: rows.flatMap(({ tokens, padding }) => [1, ...tokens.map(() => 1), ...padding.map(() => 1), 0]),
    mask: rows.flatMap(({ tokens, padding }) => [1, ...tokens.map(() => 1), ...padding, 1]),
  };
}

/**
 * The drafts as DeepLens reads them: right-padded to the longest, one column at least.
 * @returns [B, T] token ids
 */
export function draftTable(drafts: readonly (readonly number[])[], pad: number): Table {
  const columns = Math.max(1, ...drafts.map((tokens) => tokens.length));
  const values = drafts.flatMap((tokens) => [...tokens, ...new Array<number>(columns - tokens.length).fill(pad)]);
  return { columns, values };
}

/**
 * One look at B pictures: writes a caption behind each picture's visual tokens.
 * @param visual float32 [B, N, D]: the glance, or what DeepLens made of it
 * @param drafts token ids of each picture's draft, for the second look; an empty draft is a draft too
 */
export async function look(
  graphs: Graphs,
  { dims, ids, generation }: Manifest,
  visual: Tensor,
  drafts?: readonly (readonly number[])[],
): Promise<readonly Written[]> {
  const [pictures = 0] = visual.dims;
  const prefix = drafts === undefined ? startOnly(pictures, ids) : behindDrafts(drafts, ids);
  const { columns } = prefix;
  /** Which cache slots each row may attend to: all but padding. */
  let masks = Array.from({ length: pictures }, (_, row) => [
    ...new Array<number>(dims.visual).fill(1),
    ...prefix.mask.slice(row * columns, (row + 1) * columns),
  ]);
  const maskTable = (): Table => ({ columns: masks[0]?.length ?? 0, values: masks.flat() });

  const start = await graphs.decode({
    visual,
    ids: { columns, values: prefix.ids },
    positions: { columns, values: prefix.positions },
    segments: { columns, values: prefix.segments },
    mask: maskTable(),
    past: undefined,
    rows: masks.map((_, row) => row),
  });
  let past = start.present;

  return search(
    start.logits,
    async (tokens, parents, position) => {
      masks = parents.map((parent) => [...(masks[parent] ?? []), 1]);
      const { logits, present } = await graphs.decode({
        visual: undefined,
        ids: { columns: 1, values: tokens },
        positions: { columns: 1, values: tokens.map(() => position) },
        segments: { columns: 1, values: tokens.map(() => 0) },
        mask: maskTable(),
        past,
        rows: parents,
      });
      past = present;
      return logits;
    },
    { ...generation, ids },
  );
}
