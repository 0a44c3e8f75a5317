import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { errnoOf, sentenceOf } from '../core/errors.ts';
import { openRegular, readAt } from '../core/regular-file.ts';
import { replaceFile } from '../storage/replace-file.ts';
import { QueueError } from './errors.ts';
import { type FrameStore, MAX_GROUP_BYTES } from './frames.ts';
import { type Keys, requireVideoId } from './redis/keys.ts';

/** Frames in Redis: a hash for each video. The script that commits captions removes a group's frames in the same step. */
export function redisFrames(redis: Redis, keys: Keys): FrameStore {
  return {
    async prepare() {},
    async put(video, group, bytes) {
      await redis.hset(keys.frames(video), String(group), bytes);
    },
    async get(video, group) {
      const key = keys.frames(video);
      if ((await redis.hstrlen(key, String(group))) > MAX_GROUP_BYTES) return undefined;
      return (await redis.hgetBuffer(key, String(group))) ?? undefined;
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
 * Frames as files `FOLDER/VIDEO/GROUP` in a folder that all machines share, for installations whose shared disk is larger than the memory
 * of Redis. A file is renamed into place, so it is complete or absent.
 */
export function folderFrames(folder: string): FrameStore {
  const fileOf = (video: string, group: number): string => path.join(folder, requireVideoId(video), String(group));
  const failed = (error: unknown): QueueError =>
    new QueueError('frame-store', `the frame store ${folder} cannot be used: ${sentenceOf(error)}`, {
      cause: error,
    });
  return {
    async prepare() {
      await mkdir(folder, { recursive: true }).catch((error: unknown) => {
        throw failed(error);
      });
    },
    async put(video, group, bytes) {
      const file = fileOf(video, group);
      try {
        await mkdir(path.dirname(file), { recursive: true });
        await replaceFile(file, bytes);
      } catch (error) {
        throw failed(error);
      }
    },
    async get(video, group) {
      const file = fileOf(video, group);
      try {
        const { handle, size } = await openRegular(file);
        try {
          return size > MAX_GROUP_BYTES ? undefined : await readAt(handle, size, 0);
        } finally {
          await handle.close();
        }
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw failed(error);
        // Without the folder itself nothing can be said about its frames: this machine may lack the mount.
        await stat(folder).catch((missing: unknown) => {
          throw failed(missing);
        });
        return undefined;
      }
    },
    async free(video, group) {
      await rm(fileOf(video, group), { force: true }).catch(() => undefined);
    },
    async freeAll(video) {
      await rm(path.join(folder, requireVideoId(video)), { recursive: true, force: true }).catch(() => undefined);
    },
  };
}
