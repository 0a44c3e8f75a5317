import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ModelError } from './model-error.ts';

/** The package's list of models. The path is the same from src/workers/installed and from dist/workers/installed. */
const REGISTRY = fileURLToPath(new URL('../../../models/registry.json', import.meta.url));

const fileSchema = z.strictObject({
  path: z.string().regex(/^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/, 'must be a path inside the model'),
  /** Bytes, where they are known. */
  size: z.int().positive().exactOptional(),
  /** Bytes, roughly, for the list. */
  about: z.int().positive().exactOptional(),
  /** Where it is known; other files are only recorded as they were pulled. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
});
/** A file of a model. */
export type RegistryFile = z.infer<typeof fileSchema>;

const modelSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  /** On the hub: owner/name. */
  repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  /** A commit, or a branch that is followed as long as the known hashes hold. */
  revision: z.string().regex(/^[\w.-]+$/),
  family: z.string(),
  goodAt: z.string(),
  languages: z.array(z.string()).min(1),
  licence: z.strictObject({ name: z.string(), open: z.boolean() }),
  memoryMB: z.int().positive(),
  /** Measured or published, with its source. */
  quality: z.string(),
  files: z.array(fileSchema).min(1),
});
/** A model that can be pulled. */
export type RegistryModel = z.infer<typeof modelSchema>;

const registrySchema = z.strictObject({ format: z.literal(1), models: z.array(modelSchema) });

/** Reads the list of models that can be pulled. */
export async function readRegistry(file: string = REGISTRY): Promise<readonly RegistryModel[]> {
  return registrySchema.parse(JSON.parse(await readFile(file, 'utf8'))).models;
}

/** The model of a name. Throws a ModelError `model-unknown`. */
export function modelNamed(models: readonly RegistryModel[], name: string): RegistryModel {
  const found = models.find((model) => model.name === name);
  if (found !== undefined) return found;
  const names = models.map((model) => model.name).join(', ');
  throw new ModelError('model-unknown', `There is no model ${name} to pull; there are ${names}.`);
}

/** Bytes of a model's files, as far as they are known. */
export function downloadSize({ files }: RegistryModel): number {
  return files.reduce((sum, { size, about }) => sum + (size ?? about ?? 0), 0);
}
