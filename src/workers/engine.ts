import type { Caption, Group, ImageSpec, Keyframe } from '../core/types.ts';
import { attentionOf, type SeenWord, seenWords } from './attention.ts';
import type { Bundle } from './bundle.ts';
import { closer } from './closer.ts';
import { WorkerError } from './errors.ts';
import { look } from './look.ts';
import { draftTable } from './prompt.ts';
import type { Written } from './search.ts';
import { openGraphs } from './sessions.ts';
import { openTokenizer } from './tokenizer.ts';

/** What was written for one picture. */
export interface Looked {
  /** What the first look wrote by itself. */
  readonly draft: Written;
  /** What the last look wrote: the draft itself after one look. */
  readonly final: Written;
}

/** What a look wrote, and where it looked for each word. */
export interface Reading {
  readonly text: string;
  /** As in a {@link Caption}. */
  readonly confidence: number;
  readonly words: readonly SeenWord[];
}

/** {@link Looked}, explained. */
export interface Explained {
  readonly draft: Reading;
  readonly final: Reading;
}

/** A bundle running in this process: every call blocks the event loop while a graph runs. */
export interface Engine {
  /**
   * Glance, and with two looks DeepLens and the second look, over a batch of pictures.
   * @param pixels per picture RGB, 8 bits, of the bundle's size
   */
  look(pixels: readonly Uint8Array[]): Promise<readonly Looked[]>;
  /** {@link Engine.look}, and where each look looked. */
  explain(pixels: readonly Uint8Array[]): Promise<readonly Explained[]>;
  /** {@link Engine.look} over a group, decoded: one caption a keyframe, in order. */
  caption(group: Group): Promise<Caption[]>;
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
 * @param looks 1: the glance alone; 2: DeepLens reads the picture again guided by the draft, and the caption is written again
 * @param verify false: the second look decodes every token anew, also where it agrees with the draft. The captions are the same: to be measured against
 * @param profiles see {@link openGraphs}
 * @throws BundleError where a file cannot be loaded or does not fit the contract
 */
export async function openEngine(
  bundle: Bundle,
  looks: 1 | 2,
  { verify = true, profiles }: { readonly verify?: boolean; readonly profiles?: string } = {},
): Promise<Engine> {
  const { manifest, image } = bundle;
  const textOf = await openTokenizer(bundle);
  const graphs = await openGraphs(bundle, profiles);
  const { decode, rewrite } = graphs;

  /** Both looks, and the visual tokens that each of them had. */
  async function lookAt(pixels: readonly Uint8Array[]) {
    const { bothLooks, readsDraft, closer: margin } = manifest.generation;
    const joined = join(pixels, image);
    const encoded = await graphs.encode(joined, pixels.length);
    const { glance } = encoded;
    const drafts = await look(manifest, [{ decode, visual: glance }]);
    if (looks === 1) return { glance, refined: glance, drafts, finals: drafts };
    const texts = drafts.map(({ tokens }) => tokens);
    const { features } = margin === 0 ? encoded : await graphs.encode(closer(joined, image, margin), pixels.length);
    const refined = await graphs.refine({ glance, features }, draftTable(texts, manifest.ids.pad));
    const first = bothLooks ? [{ decode, visual: glance, known: drafts.map(({ logits }) => logits) }] : [];
    const views = [...first, { decode: rewrite, visual: refined, ...(readsDraft ? { drafts: texts } : {}) }];
    const finals = await look(manifest, views, verify ? texts : undefined);
    return { glance, refined, drafts, finals };
  }

  async function lookedAt(pixels: readonly Uint8Array[]): Promise<readonly Looked[]> {
    if (pixels.length === 0) return [];
    const { drafts, finals } = await lookAt(pixels);
    return drafts.map((draft, i) => ({ draft, final: finals[i] ?? draft }));
  }

  async function explain(pixels: readonly Uint8Array[]): Promise<readonly Explained[]> {
    if (pixels.length === 0) return [];
    const { glance, refined, drafts, finals } = await lookAt(pixels);
    const texts = drafts.map(({ tokens }) => tokens);
    const before = await attentionOf(decode, manifest, glance, texts);
    const last = finals.map(({ tokens }) => tokens);
    const read = manifest.generation.readsDraft ? texts : undefined;
    const after = looks === 1 ? before : await attentionOf(rewrite, manifest, refined, last, read);
    const reading = ({ tokens, confidence }: Written, attention: readonly Float32Array[] = []): Reading => {
      return { text: textOf(tokens), confidence: rounded(confidence), words: seenWords(tokens, attention, textOf) };
    };
    return drafts.map((draft, i) => ({
      draft: reading(draft, before[i]),
      final: reading(finals[i] ?? draft, after[i]),
    }));
  }

  function captionOf({ video, index, pts, still }: Keyframe, { draft, final }: Looked): Caption {
    const confidence = rounded(final.confidence);
    return { video, index, pts, still, draft: textOf(draft.tokens), text: textOf(final.tokens), confidence, looks };
  }

  return {
    look: lookedAt,
    explain,
    async caption({ keyframes }) {
      const looked = await lookedAt(keyframes.map(({ pixels }) => pixels));
      return looked.flatMap((each, i) => {
        const keyframe = keyframes[i];
        return keyframe === undefined ? [] : [captionOf(keyframe, each)];
      });
    },
    release: () => graphs.release(),
  };
}
