import type { Tensor } from 'onnxruntime-node';
import type { Manifest } from './manifest.ts';
import { promptOf } from './prompt.ts';
import { search, type Written } from './search.ts';
import type { Graphs, Table } from './sessions.ts';

/** What a look is given besides the visual tokens. */
export interface LookOptions {
  /** Token ids of each picture's draft, for the second look; an empty draft is a draft too. */
  readonly drafts?: readonly (readonly number[])[];
  /**
   * Greedy search only: the second look scores each draft whole, in its first call, keeps the tokens up to the first that it would have written
   * otherwise, and decodes from there. The captions are the same; a draft that stands as it is costs no further call.
   */
  readonly verify?: boolean;
}

/**
 * One look at B pictures: writes a caption behind each picture's visual tokens.
 * @param visual float32 [B, N, D]: the glance, or what DeepLens made of it
 */
export async function look(
  graphs: Graphs,
  { dims, ids, generation }: Manifest,
  visual: Tensor,
  { drafts, verify = false }: LookOptions,
): Promise<readonly Written[]> {
  const [pictures = 0] = visual.dims;
  const rows = Array.from({ length: pictures }, (_, row) => row);
  const scored = verify && generation.beams === 1 ? drafts : undefined;
  // What comes behind a last token at the limit is never asked.
  const guesses = rows.map((row) => (scored?.[row] ?? []).slice(0, generation.maxTokens - 1));
  const prompt = promptOf(ids, guesses, drafts);
  /** Which cache slots each row may attend to: all but padding and, once it goes its own way, the rest of its guess. */
  let masks = prompt.seen.map((seen) => [...new Array<number>(dims.visual).fill(1), ...seen]);
  const maskTable = (): Table => ({ columns: masks[0]?.length ?? 0, values: masks.flat() });

  const start = await graphs.decode({ ...prompt, visual, mask: maskTable(), past: undefined, rows });
  let past = start.present;
  let fresh = rows.map(() => true);
  const guessAt = dims.visual + prompt.start + 1;

  return search(
    rows.map((row) => {
      const [first = new Float32Array(0), ...logits] = start.logits[row]?.slice(prompt.start) ?? [];
      return { first, guess: { tokens: guesses[row] ?? [], logits } };
    }),
    async (tokens, parents, positions) => {
      masks = parents.map((parent, row) => {
        const mask = [...(masks[parent] ?? [])];
        // Behind the start token stand as many tokens of the guess as were kept: all but the newest token, which comes now.
        if (fresh[parent]) mask.fill(0, guessAt + (positions[row] ?? 1) - 1);
        return [...mask, 1];
      });
      fresh = parents.map(() => false);
      const { logits, present } = await graphs.decode({
        visual: undefined,
        ids: { columns: 1, values: tokens },
        positions: { columns: 1, values: positions },
        segments: { columns: 1, values: tokens.map(() => 0) },
        mask: maskTable(),
        past,
        rows: parents,
      });
      past = present;
      return logits.map(([last]) => last ?? new Float32Array(0));
    },
    { ...generation, ids },
  );
}
