import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { errnoOf, sentenceOf } from '../core/errors.ts';
import { QueueError } from './errors.ts';
import type { FrameStore } from './frames.ts';
import type { Keys } from './names.ts';

/** Frames in Redis itself: one hash for each video. Its commit script frees them in the step in which a result counts. */
export function redisFrames(redis: Redis, keys: Keys): FrameStore {
  return {
    async put(video, group, bytes) {
      await redis.hset(keys.frames(video), String(group), bytes);
    },
    async get(video, group) {
      return (await redis.hgetBuffer(keys.frames(video), String(group))) ?? undefined;
    },
    async free(video, group) {
      await redis.hdel(keys.frames(video), String(group));
    },
    async freeAll(video) {
      await redis.del(keys.frames(video));
    },
  };
}

/**
 * Frames as files in a folder that all machines share: `FOLDER/VIDEO/GROUP`. A file appears whole or not at all. For sites
 * whose shared disk is larger than the memory of their Redis. Throws `frame-store` where the folder cannot be used.
 */
export function folderFrames(folder: string): FrameStore {
  const fileOf = (video: string, group: number): string => path.join(folder, video, String(group));
  const failed = (error: unknown): QueueError =>
    new QueueError('frame-store', `the frame store ${folder} cannot be used: ${sentenceOf(error)}`, {
      cause: error,
    });
  return {
    async put(video, group, bytes) {
      const file = fileOf(video, group);
      const part = `${file}.${randomBytes(4).toString('hex')}.part`;
      try {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(part, bytes);
        await rename(part, file);
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        throw failed(error);
      }
    },
    async get(video, group) {
      try {
        return await readFile(fileOf(video, group));
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw failed(error);
      }
    },
    async free(video, group) {
      await rm(fileOf(video, group), { force: true }).catch(() => undefined);
    },
    async freeAll(video) {
      await rm(path.join(folder, video), { recursive: true, force: true }).catch(() => undefined);
    },
  };
}
