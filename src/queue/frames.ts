import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Group, Keyframe } from '../core/types.ts';
import { QueueError } from './errors.ts';

/** Where the frames of groups wait for a worker, beside the queue. Lossless; freed when their result is there. */
export interface FrameStore {
  /** Keeps a group's frames. Again: the same bytes take the place of the first. */
  put(video: string, group: number, bytes: Buffer): Promise<void>;
  /** Undefined where they are not there (any more). */
  get(video: string, group: number): Promise<Buffer | undefined>;
  /** Frees a group's frames. Harmless where they are gone. */
  free(video: string, group: number): Promise<void>;
  /** Frees all of a video. */
  freeAll(video: string): Promise<void>;
}

/** Bytes of the checksum that leads. */
const SUM_BYTES = 32;
const LENGTH_BYTES = 4;

const headSchema = z.strictObject({
  video: z.string(),
  index: z.int().min(0),
  keyframes: z
    .array(
      z.strictObject({
        index: z.int().min(0),
        pts: z.int(),
        still: z.boolean(),
        width: z.int().min(1).max(8192),
        height: z.int().min(1).max(8192),
      }),
    )
    .min(1)
    .max(64),
});

/** A group as bytes: SHA-256 of what follows, length of the head, the head as JSON, then the pixels as they are. */
export function packGroup(group: Group): Buffer {
  const keyframes = group.keyframes.map(({ index, pts, still, width, height }) => ({
    index,
    pts,
    still,
    width,
    height,
  }));
  const head = Buffer.from(JSON.stringify({ video: group.video, index: group.index, keyframes }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const body = Buffer.concat([length, head, ...group.keyframes.map(({ pixels }) => pixels)]);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
}

/** The group that {@link packGroup} made these bytes of. Throws `frames-lost` where they are not whole. */
export function unpackGroup(bytes: Buffer): Group {
  const body = bytes.subarray(SUM_BYTES);
  const sum = createHash('sha256').update(body).digest();
  if (body.length < LENGTH_BYTES || !sum.equals(bytes.subarray(0, SUM_BYTES))) throw damaged();
  const start = LENGTH_BYTES + body.readUInt32LE(0);
  const head = headSchema.safeParse(parseJson(body.toString('utf8', LENGTH_BYTES, start)));
  if (!head.success) throw damaged();
  const { video, index } = head.data;
  let at = start;
  const keyframes = head.data.keyframes.map((keyframe): Keyframe => {
    const size = keyframe.width * keyframe.height * 3;
    const pixels = body.subarray(at, at + size);
    at += size;
    return { video, ...keyframe, pixels };
  });
  if (at !== body.length) throw damaged();
  return { video, index, keyframes };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(): QueueError {
  return new QueueError('frames-lost', 'the frames of a group are damaged in the frame store: they are decoded again');
}
