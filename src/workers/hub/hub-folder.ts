import { createHash } from 'node:crypto';
import { access, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../../core/errors.ts';
import { BundleError } from '../errors.ts';
import type { Provider } from '../families/family.ts';
import { hashFile } from '../hash-file.ts';

/** Suffixes of graph files by precision, the preferred first: half precision fails to load, or runs nowhere, on a CPU. */
const PRECISIONS: Readonly<Record<Provider, readonly string[]>> = {
  cpu: ['_quantized', '', '_int8', '_uint8', '_q4', '_bnb4'],
  cuda: ['', '_q4', '_quantized', '_int8', '_uint8'],
  webgpu: ['', '_q4', '_quantized', '_int8', '_uint8'],
};
/** Precisions whose activations are quantised over a whole batch: there a picture must not have neighbours. */
const BY_BATCH = new Set(['_quantized', '_int8', '_uint8', '_q4', '_bnb4']);

const tokenIds = z.union([z.int(), z.array(z.int())]).nullish();

const generationSchema = z.looseObject({
  bos_token_id: z.int().nullish(),
  eos_token_id: tokenIds,
  pad_token_id: z.int().nullish(),
  decoder_start_token_id: z.int().nullish(),
  forced_bos_token_id: z.int().nullish(),
  forced_eos_token_id: tokenIds,
  num_beams: z.int().positive().nullish(),
  no_repeat_ngram_size: z.int().nonnegative().nullish(),
  repetition_penalty: z.number().positive().nullish(),
  length_penalty: z.number().nullish(),
  max_length: z.int().positive().nullish(),
  max_new_tokens: z.int().positive().nullish(),
});

/** `generation_config.json` */
export type Generation = z.infer<typeof generationSchema>;

const rgb = z.tuple([z.number(), z.number(), z.number()]);
const sides = z.union([
  z.int(),
  z.looseObject({ height: z.int(), width: z.int() }),
  z.looseObject({ longest_edge: z.int() }),
]);

const preprocessorSchema = z.looseObject({
  size: sides,
  max_image_size: z.looseObject({ longest_edge: z.int() }).nullish(),
  resample: z.int().default(2),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: rgb.default([0.5, 0.5, 0.5]),
  image_std: rgb.default([0.5, 0.5, 0.5]),
  do_center_crop: z.boolean().nullish(),
  image_seq_length: z.int().nullish(),
  task_prompts_without_inputs: z.record(z.string(), z.string()).nullish(),
  task_prompts_with_input: z.record(z.string(), z.string()).nullish(),
});

/** `preprocessor_config.json` */
export type Preprocessor = z.infer<typeof preprocessorSchema>;

/** A model in the hub's layout, read and checked. */
export interface HubFolder {
  readonly folder: string;
  readonly provider: Provider;
  readonly config: Readonly<Record<string, unknown>>;
  readonly generation: Generation;
  readonly preprocessor: Preprocessor;
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** `processor_config.json`; empty where there is none. */
  readonly processor: Readonly<Record<string, unknown>>;
  /** Absolute paths of the graphs, by their names without precision. */
  readonly graphs: Readonly<Record<string, string>>;
  /** False where a picture's caption could depend on its neighbours in a batch. */
  readonly batches: boolean;
  /** SHA-256 over all files that captions depend on. */
  readonly sha256: string;
  readonly fileCount: number;
}

async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.infer<Schema>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw missing(file, cause);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BundleError('bundle-invalid', `${file} is not JSON: get the model again.`, { cause });
  }
  const { success, data, error } = schema.safeParse(json);
  if (success) return data;
  const faults = error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw new BundleError('bundle-invalid', `${file} differs from what the hub publishes: ${faults.join('; ')}.`);
}

function missing(file: string, cause: unknown): BundleError {
  return errnoOf(cause) === 'ENOENT'
    ? new BundleError('bundle-file-missing', `${file} is missing: get the whole model again.`, { cause })
    : new BundleError('bundle-unreadable', `${file} cannot be read (${errnoOf(cause)}): check its permissions.`, {
        cause,
      });
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function sha256Of(file: string): Promise<string> {
  return hashFile(file).catch((cause: unknown) => {
    throw missing(file, cause);
  });
}

/** The model type that a folder's config.json names; undefined where the folder is not in the hub's layout. */
export async function modelType(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return z.looseObject({ model_type: z.string() }).parse(JSON.parse(text)).model_type;
  } catch {
    return undefined;
  }
}

const anything = z.record(z.string(), z.unknown());

/**
 * Reads a model's folder, and chooses the file of each graph by precision.
 * @param names of the graphs
 * @throws BundleError
 */
export async function readHubFolder(folder: string, provider: Provider, names: readonly string[]): Promise<HubFolder> {
  const optional = async (name: string): Promise<Record<string, unknown>> =>
    (await exists(join(folder, name))) ? readJson(join(folder, name), anything) : {};
  const config = await readJson(join(folder, 'config.json'), anything);
  const generation = generationSchema.parse(await optional('generation_config.json'));
  const preprocessor = await readJson(join(folder, 'preprocessor_config.json'), preprocessorSchema);
  const graphs: Record<string, string> = {};
  const used = [
    'config.json',
    'generation_config.json',
    'preprocessor_config.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ];
  let batches = true;
  for (const name of names) {
    const found: string[] = [];
    for (const suffix of PRECISIONS[provider]) {
      if (await exists(join(folder, 'onnx', `${name}${suffix}.onnx`))) found.push(suffix);
    }
    const [suffix] = found;
    if (suffix === undefined) {
      const file = join(folder, 'onnx', `${name}.onnx`);
      throw new BundleError(
        'bundle-file-missing',
        `${file} is missing, and so are ${PRECISIONS[provider].filter((other) => other !== '').join(', ')}: get the whole model again. ` +
          'Half precision (fp16, q4f16) does not run on a CPU.',
      );
    }
    batches &&= !BY_BATCH.has(suffix);
    const file = `onnx/${name}${suffix}.onnx`;
    graphs[name] = join(folder, file);
    used.push(file);
    // External weights: file.onnx_data, file.onnx_data_1, ...
    for (let part = 0; ; part++) {
      const data = `${file}_data${part === 0 ? '' : `_${part}`}`;
      if (!(await exists(join(folder, data)))) break;
      used.push(data);
    }
  }
  const hash = createHash('sha256');
  let fileCount = 0;
  for (const name of used) {
    const file = join(folder, name);
    const needed = name.startsWith('onnx/') || name === 'tokenizer.json';
    if (
      !needed &&
      !(await stat(file)
        .then((found) => found.isFile())
        .catch(() => false))
    )
      continue;
    hash.update(`${name} ${await sha256Of(file)}\n`);
    fileCount++;
  }
  return {
    ...{ folder, provider, config, generation, preprocessor, graphs, batches, fileCount },
    tokenizerConfig: await optional('tokenizer_config.json'),
    processor: await optional('processor_config.json'),
    sha256: hash.digest('hex'),
  };
}

/** A name for the model of a folder: the folder's own. */
export function nameOf(folder: string): string {
  return basename(folder).toLowerCase();
}
