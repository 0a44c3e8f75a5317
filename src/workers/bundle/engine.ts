import type { Caption, Group, ImageSpec, Keyframe } from '../../core/types.ts';
import type { CaptionOptions } from '../captioner.ts';
import { WorkerError } from '../errors.ts';
import { attentionOf, type SeenWord, seenWords } from './attention.ts';
import type { Hypothesis } from './beam-search.ts';
import type { Bundle } from './bundle.ts';
import { centerCrop } from './center-crop.ts';
import { draftTable } from './prompt.ts';
import { openGraphs } from './sessions.ts';
import { openTokenizer } from './tokenizer.ts';
import { writePass } from './write-pass.ts';

/** What was written for one picture. */
export interface TwoPassResult {
  /** What the first look wrote by itself. */
  readonly draft: Hypothesis;
  /** What the last look wrote: the draft itself after one look. */
  readonly final: Hypothesis;
}

/** What a look wrote, and where it looked for each word. */
export interface PassExplanation {
  readonly text: string;
  /** As in a {@link Caption}. */
  readonly confidence: number;
  readonly words: readonly SeenWord[];
}

/** {@link TwoPassResult}, explained. */
export interface PictureExplanation {
  readonly draft: PassExplanation;
  readonly final: PassExplanation;
}

/** A bundle running in this process: every call blocks the event loop while a graph runs. */
export interface Engine {
  /**
   * Glance, and with two passes DeepLens and the second look, over a batch of pictures.
   * @param pixels per picture RGB, 8 bits, of the bundle's size
   */
  write(pixels: readonly Uint8Array[], options: CaptionOptions): Promise<readonly TwoPassResult[]>;
  /** {@link Engine.write}, and where each look looked. */
  explain(pixels: readonly Uint8Array[]): Promise<readonly PictureExplanation[]>;
  /** {@link Engine.write} over a group, decoded: one caption a keyframe, in order. */
  caption(group: Group, options: CaptionOptions): Promise<Caption[]>;
  release(): Promise<void>;
}

function join(pixels: readonly Uint8Array[], { width, height }: ImageSpec): Uint8Array {
  const size = width * height * 3;
  const joined = new Uint8Array(pixels.length * size);
  for (const [i, picture] of pixels.entries()) {
    if (picture.length !== size) {
      throw new WorkerError(
        'picture-size',
        `A picture of ${picture.length} bytes came where the bundle takes ${width} x ${height} RGB (${size} bytes).`,
      );
    }
    joined.set(picture, i * size);
  }
  return joined;
}

/** Further digits change with the batch. */
function rounded(confidence: number): number {
  return Math.round(confidence * 1e4) / 1e4;
}

/**
 * Loads a bundle's graphs and tokenizer into this process.
 * @param verify false: the second look decodes every token anew, also where it agrees with the draft. The captions are the same: to be measured against
 * @param profiles see {@link openGraphs}
 * @throws BundleError where a file cannot be loaded or does not fit the contract
 */
export async function openEngine(
  bundle: Bundle,
  { verify = true, profiles }: { readonly verify?: boolean; readonly profiles?: string } = {},
): Promise<Engine> {
  const { manifest, image } = bundle;
  const textOf = await openTokenizer(bundle);
  const graphs = await openGraphs(bundle, profiles);
  const { decode, rewrite } = graphs;

  /** Both passes, and the visual tokens that each of them had. */
  async function lookAt(pixels: readonly Uint8Array[], { passes }: CaptionOptions) {
    const { bothLooks, readsDraft, closer: margin } = manifest.generation;
    const joined = join(pixels, image);
    const encoded = await graphs.encode(joined, pixels.length);
    const { glance } = encoded;
    const drafts = await writePass(manifest, [{ decode, visual: glance }]);
    if (passes === 1) return { glance, refined: glance, drafts, finals: drafts };
    const texts = drafts.map(({ tokens }) => tokens);
    const { features } = margin === 0 ? encoded : await graphs.encode(centerCrop(joined, image, margin), pixels.length);
    const refined = await graphs.refine({ glance, features }, draftTable(texts, manifest.ids.pad));
    const first = bothLooks ? [{ decode, visual: glance, known: drafts.map(({ logits }) => logits) }] : [];
    const views = [...first, { decode: rewrite, visual: refined, ...(readsDraft ? { drafts: texts } : {}) }];
    const finals = await writePass(manifest, views, verify ? texts : undefined);
    return { glance, refined, drafts, finals };
  }

  async function lookedAt(pixels: readonly Uint8Array[], options: CaptionOptions): Promise<readonly TwoPassResult[]> {
    if (pixels.length === 0) return [];
    const { drafts, finals } = await lookAt(pixels, options);
    return drafts.map((draft, i) => ({ draft, final: finals[i] ?? draft }));
  }

  async function explain(pixels: readonly Uint8Array[]): Promise<readonly PictureExplanation[]> {
    if (pixels.length === 0) return [];
    const { glance, refined, drafts, finals } = await lookAt(pixels, { passes: 2 });
    const texts = drafts.map(({ tokens }) => tokens);
    const before = await attentionOf(decode, manifest, glance, texts);
    const last = finals.map(({ tokens }) => tokens);
    const read = manifest.generation.readsDraft ? texts : undefined;
    const after = await attentionOf(rewrite, manifest, refined, last, read);
    const reading = ({ tokens, confidence }: Hypothesis, attention: readonly Float32Array[] = []): PassExplanation => {
      return { text: textOf(tokens), confidence: rounded(confidence), words: seenWords(tokens, attention, textOf) };
    };
    return drafts.map((draft, i) => ({
      draft: reading(draft, before[i]),
      final: reading(finals[i] ?? draft, after[i]),
    }));
  }

  function captionOf({ video, index, pts, still }: Keyframe, { draft, final }: TwoPassResult, passes: 1 | 2): Caption {
    const confidence = rounded(final.confidence);
    return { video, index, pts, still, draft: textOf(draft.tokens), text: textOf(final.tokens), confidence, passes };
  }

  return {
    write: lookedAt,
    explain,
    async caption({ keyframes }, options) {
      const looked = await lookedAt(
        keyframes.map(({ pixels }) => pixels),
        options,
      );
      return looked.flatMap((each, i) => {
        const keyframe = keyframes[i];
        return keyframe === undefined ? [] : [captionOf(keyframe, each, options.passes)];
      });
    },
    release: () => graphs.release(),
  };
}
