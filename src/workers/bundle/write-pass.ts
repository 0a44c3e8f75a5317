import type { Tensor } from 'onnxruntime-node';
import { beamSearch, type Hypothesis, type SearchRules, type Step } from '../decoding/beam-search.ts';
import type { Decoder, Table } from './graph-sessions.ts';
import type { Manifest } from './manifest.ts';
import { promptOf } from './prompt.ts';
import { pickRows } from './tensors.ts';

/** The input of a decoder that takes part in a pass, for B pictures. */
export interface View {
  readonly decode: Decoder;
  /** float32 [B, N, D]: the encoder's glance, or DeepLens' refined tokens. */
  readonly visual: Tensor;
  /** Token ids of each picture's draft as a text prompt (an empty draft is still a prompt). Absent: no prompt. */
  readonly drafts?: readonly (readonly number[])[];
  /**
   * For each picture, this view's logits behind the start token and behind each token of the draft that the pass scores, where they are known
   * from the first pass. The decoder then runs only for pictures whose caption departs from the draft.
   */
  readonly scored?: readonly (readonly Float32Array[])[];
}

/** A view whose prefix is in the decoder's cache. */
interface PrefilledView {
  /** For each picture, the logits behind the start token and behind each token of its draft. */
  readonly logits: readonly (readonly Float32Array[])[];
  readonly step: Step;
}

/** Runs the decoder over a view's prefix, and scores each picture's draft in the same call. */
async function prefill(
  { dims, ids }: Manifest,
  { decode, visual, drafts: prompts }: Omit<View, 'scored'>,
  drafts: readonly (readonly number[])[],
): Promise<PrefilledView> {
  const prompt = promptOf(ids, drafts, prompts);
  /** Which cache slots each row may attend to: all but padding and, once its caption departs from the draft, the rest of the draft. */
  let masks = prompt.seen.map((seen) => [...new Array<number>(dims.visual).fill(1), ...seen]);
  const maskTable = (): Table => ({ columns: masks[0]?.length ?? 0, values: masks.flat() });
  const rows = drafts.map((_, row) => row);
  const start = await decode({ ...prompt, visual, mask: maskTable(), past: undefined, rows });
  let past = start.present;
  let fresh = rows.map(() => true);
  const draftAt = dims.visual + prompt.start + 1;
  return {
    logits: start.logits.map((columns, row) =>
      columns.slice(prompt.start, prompt.start + 1 + (drafts[row]?.length ?? 0)),
    ),
    async step(tokens, parents, positions) {
      masks = parents.map((parent, row) => {
        const mask = [...(masks[parent] ?? [])];
        // Of the draft, keep what the caption shares with it: all tokens before the newest one, which is decoded now.
        if (fresh[parent]) mask.fill(0, draftAt + (positions[row] ?? 1) - 1);
        return [...mask, 1];
      });
      fresh = parents.map(() => false);
      const { logits, present } = await decode({
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
  };
}

/** A view whose drafts are scored already: the decoder runs once captions depart from their drafts, and for these only. */
function prefillLater(
  manifest: Manifest,
  { decode, visual }: View,
  scored: PrefilledView['logits'],
  drafts: readonly (readonly number[])[],
): PrefilledView {
  let prefilled: PrefilledView | undefined;
  return {
    logits: scored,
    async step(tokens, parents, positions) {
      if (prefilled !== undefined) return prefilled.step(tokens, parents, positions);
      const kept = parents.map((parent, row) => drafts[parent]?.slice(0, (positions[row] ?? 1) - 1) ?? []);
      const written = kept.map((draft, row) => [...draft, ...tokens.slice(row, row + 1)]);
      prefilled = await prefill(manifest, { decode, visual: pickRows(visual, parents) }, written);
      return prefilled.logits.map((columns) => columns.at(-1) ?? new Float32Array(0));
    },
  };
}

/** The mean of logits: the normalised geometric mean of the probabilities. */
function meanOf(each: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0), ...others] = each;
  if (others.length === 0) return first;
  return first.map((logit, token) => others.reduce((sum, other) => sum + (other[token] ?? 0), logit) / each.length);
}

/** The search that a bundle asks for. */
function searchRules({ ids, generation }: Manifest): SearchRules {
  const { beams, maxTokens, noRepeatNgram, lengthPenalty } = generation;
  return {
    ...{ beams, maxTokens, noRepeatNgram, lengthPenalty },
    noRepeatToken: noRepeatNgram > 0,
    ends: [ids.eos],
    banned: [ids.pad, ids.bos, ids.draft],
    mayBeEmpty: false,
  };
}

/**
 * One pass over B pictures: writes a caption of each from one view or several. With several, the search uses the mean of their logits, which is
 * the geometric mean of their probabilities.
 * @param drafts token ids to score whole in the first call (as in speculative decoding). Greedy search keeps a draft up to the first token
 * that it would have chosen differently, and decodes from there. The captions are the same; a draft that holds costs no further call
 */
export async function writePass(
  manifest: Manifest,
  views: readonly View[],
  drafts?: readonly (readonly number[])[],
): Promise<readonly Hypothesis[]> {
  const { generation } = manifest;
  const [pictures = 0] = views[0]?.visual.dims ?? [];
  const scored = generation.beams === 1 ? drafts : undefined;
  // The token behind a last one at the limit is never needed.
  const kept = Array.from({ length: pictures }, (_, row) => (scored?.[row] ?? []).slice(0, generation.maxTokens - 1));
  const prefilled: PrefilledView[] = [];
  for (const view of views) {
    prefilled.push(
      scored === undefined || view.scored === undefined
        ? await prefill(manifest, view, kept)
        : prefillLater(manifest, view, view.scored, kept),
    );
  }
  return beamSearch(
    kept.map((tokens, row) => {
      const columns = Array.from({ length: tokens.length + 1 }, (_, at) =>
        meanOf(prefilled.flatMap(({ logits }) => logits[row]?.[at] ?? [])),
      );
      const [first = new Float32Array(0), ...logits] = columns;
      return { first, draft: { tokens, logits } };
    }),
    async (...next) => {
      const each: (readonly Float32Array[])[] = [];
      for (const { step } of prefilled) each.push(await step(...next));
      return next[0].map((_, row) => meanOf(each.flatMap((logits) => logits[row] ?? [])));
    },
    searchRules(manifest),
  );
}
