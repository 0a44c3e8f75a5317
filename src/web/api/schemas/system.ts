import { z } from 'zod';

/** Who asks. */
export const session = z.object({
  /** Whether a password is asked for at all. */
  passwordRequired: z.boolean(),
  authenticated: z.boolean(),
});
/** Who asks. */
export type Session = z.infer<typeof session>;

/** Logs in. */
export const login = z.strictObject({ password: z.string().min(1).max(1024) });

/** A line of the models list. */
export const model = z.object({
  name: z.string(),
  installed: z.boolean(),
  /** The one that comes with secondglance. */
  bundled: z.boolean(),
  goodAt: z.string(),
  languages: z.array(z.string()),
  licence: z.string(),
  /** Bytes to download, roughly; 0 where that is not known. */
  download: z.number(),
  memoryMB: z.number().nullable(),
  quality: z.string(),
});
/** A line of the models list. */
export type Model = z.infer<typeof model>;

/** Models that are installed or can be. */
export const modelList = z.object({ models: z.array(model) });

/** Downloads a model. */
export const pullRequest = z.strictObject({ acceptLicence: z.boolean().default(false) });

/** The server. */
export const system = z.object({
  version: z.string(),
  /** `process`: videos are captioned in this process; `redis`: by the services behind Redis. */
  runner: z.enum(['process', 'redis']),
  /** Videos at once. */
  concurrency: z.int(),
  /** Services behind Redis that decode, caption and write tracks now; absent where videos are captioned in this process, or Redis does not say. */
  workers: z.object({ decoding: z.int(), captioning: z.int(), writing: z.int() }).optional(),
  running: z.int(),
  queued: z.int(),
  /** Folders that videos may be added from. */
  folders: z.array(z.string()),
  /** Whether videos may be added by address. */
  urls: z.boolean(),
  upload: z.object({
    /** Bytes of one file. */
    limit: z.number(),
    /** Bytes that uploads may still take on the disk. */
    free: z.number(),
  }),
});
/** The server. */
export type System = z.infer<typeof system>;

/** What `secondglance doctor` finds. */
export const checks = z.object({
  findings: z.array(z.object({ name: z.string(), state: z.enum(['ok', 'warn', 'fail']), message: z.string() })),
});
/** What `secondglance doctor` finds. */
export type Checks = z.infer<typeof checks>;

/** Which folder to list; without `path`, the folders that are allowed. */
export const folderQuery = z.strictObject({ path: z.string().min(1).max(4096).optional() });

/** What is in a folder of the server: folders, then videos, by name. */
export const folderList = z.object({
  /** Absent for the list of allowed folders. */
  path: z.string().optional(),
  entries: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      kind: z.enum(['folder', 'video']),
      size: z.number().optional(),
    }),
  ),
  /** True where the folder has more entries than are listed. */
  more: z.boolean(),
});
/** What is in a folder of the server. */
export type FolderList = z.infer<typeof folderList>;
