import { createHash } from 'node:crypto';
import { hasJoint } from '../../core/keyframe-marks.ts';
import type { Caption, Keyframe } from '../../core/types.ts';
import type { LocalEngine, ModelFamily, OpenOptions } from '../families/family.ts';
import { framesWithin } from '../regions/frames-within.ts';
import type { HubAdapter } from './hub-adapter.ts';
import { type HubFolder, modelType, nameOf, readHubFolder } from './hub-folder.ts';

/** Pictures in one run of a graph, where they do not depend on each other. */
const BATCH = 4;
/** Frames are carried within this size: the models see less, and parts of the frame are enlarged for the second pass. */
const FRAME_SIZE = 1024;

/** How an adapter is opened. */
interface HubOpenOptions extends OpenOptions {
  /** Longer descriptions, where the family can write them. */
  readonly detailed?: boolean;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A family whose models come from a hub. */
interface HubFamily {
  readonly name: string;
  /** `model_type` of config.json. */
  readonly types: readonly string[];
  readonly graphs: readonly string[];
  /** It can write longer descriptions. */
  readonly detailed: boolean;
  open(folder: HubFolder, options: HubOpenOptions): Promise<HubAdapter>;
}

// The adapters load onnxruntime, which only inference processes need.
const KNOWN: readonly HubFamily[] = [
  {
    name: 'vision-encoder-decoder',
    types: ['vision-encoder-decoder'],
    graphs: ['encoder_model', 'decoder_model_merged'],
    detailed: false,
    open: async (folder, options) =>
      (await import('./vision-encoder-decoder.ts')).openVisionEncoderDecoder(folder, options),
  },
  {
    name: 'florence2',
    types: ['florence2'],
    graphs: ['vision_encoder', 'embed_tokens', 'encoder_model', 'decoder_model_merged'],
    detailed: true,
    open: async (folder, options) => (await import('./florence2.ts')).openFlorence2(folder, options),
  },
  {
    name: 'idefics3',
    types: ['idefics3', 'smolvlm'],
    graphs: ['vision_encoder', 'embed_tokens', 'decoder_model_merged'],
    detailed: true,
    open: async (folder, options) => (await import('./idefics3.ts')).openIdefics3(folder, options),
  },
];

/** Further digits change with the batch. */
function rounded(confidence: number): number {
  return Math.round(confidence * 1e4) / 1e4;
}

/** Runs an adapter over groups: the first pass in batches where that changes nothing, the second picture by picture. */
function engineOf(adapter: HubAdapter, batches: boolean): LocalEngine {
  async function captionsOf(keyframes: readonly Keyframe[], passes: 1 | 2): Promise<Caption[]> {
    const drafts = await adapter.describe(keyframes);
    const captions: Caption[] = [];
    for (const [at, picture] of keyframes.entries()) {
      const hypothesis = drafts[at];
      if (hypothesis === undefined) continue;
      const { video, index, pts, still } = picture;
      const draft = adapter.captionOf(hypothesis.tokens);
      const base = { video, index, pts, still, draft, passes };
      if (passes === 1) {
        captions.push({ ...base, text: draft, confidence: rounded(hypothesis.confidence) });
        continue;
      }
      const look = { picture, text: draft, hypothesis };
      const { text, confidence, regions } = await adapter.refine(look, await adapter.regions(look));
      captions.push({ ...base, text, confidence: rounded(confidence), regions });
    }
    return captions;
  }
  return {
    async caption({ keyframes }, { passes }) {
      const size = batches ? BATCH : 1;
      const captions: Caption[] = [];
      for (let at = 0; at < keyframes.length; at += size) {
        captions.push(...(await captionsOf(keyframes.slice(at, at + size), passes)));
      }
      const [first] = captions;
      const joint = first !== undefined && hasJoint({ keyframes }) ? await adapter.together(keyframes) : undefined;
      if (first === undefined || joint === undefined) return captions;
      const text = adapter.captionOf(joint.tokens);
      return [{ ...first, joint: { text, confidence: rounded(joint.confidence) } }, ...captions.slice(1)];
    },
    release: () => adapter.release(),
  };
}

/** The families of a hub. */
export const HUB_FAMILIES: readonly ModelFamily[] = KNOWN.map(({ name, types, graphs, detailed, open }) => ({
  name,
  recognises: async (folder) => types.includes((await modelType(folder)) ?? ''),
  async load(folder, provider, asked) {
    const found = await readHubFolder(folder, provider, graphs);
    const detail = detailed ? asked : 'brief';
    const sha256 = detail === 'brief' ? found.sha256 : digestOf(`${found.sha256} ${detail}`);
    return {
      ...{ folder, provider, detail, fileCount: found.fileCount, minConfidence: 0, image: framesWithin(FRAME_SIZE) },
      model: { name: nameOf(folder), version: sha256.slice(0, 8), sha256 },
      open: async (options = {}) =>
        engineOf(await open(found, { ...options, detailed: detail === 'detailed' }), found.batches),
    };
  },
}));
