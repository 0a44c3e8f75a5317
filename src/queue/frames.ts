import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Group, Keyframe } from '../core/types.ts';
import { QueueError } from './errors.ts';
import { MAX_GROUPS } from './jobs.ts';

/** Keeps the frames of groups in flight, lossless, until their captions are durable. */
export interface FrameStore {
  /** Makes the store usable if it can: a shared folder that was removed is created again. Throws `frame-store`. */
  prepare(): Promise<void>;
  /** Stores a group's frames; replaces those of an earlier call. Throws `frame-store`. */
  put(video: string, group: number, bytes: Buffer): Promise<void>;
  /** Undefined where there are none. Throws `frame-store` where the store as a whole cannot be used. */
  get(video: string, group: number): Promise<Buffer | undefined>;
  /** Removes a group's frames. Does nothing where there are none. */
  free(video: string, group: number): Promise<void>;
  /** Removes all frames of a video. */
  freeAll(video: string): Promise<void>;
}

/** Bytes of a packed group; see the limits of a request's image. */
export const MAX_GROUP_BYTES = 64 * 2 ** 20;
/** Bytes of the leading checksum. */
const SUM_BYTES = 32;
const LENGTH_BYTES = 4;

/** The event of a keyframe. */
export const eventSchema = z.strictObject({ index: z.int().min(0), start: z.int() });

const recordedSchema = z.strictObject({
  camera: z.string().max(8192),
  epoch: z.number(),
  zone: z.string().max(100),
});

const headSchema = z.strictObject({
  video: z.string().max(8192),
  recorded: recordedSchema.exactOptional(),
  index: z.int().min(0).max(MAX_GROUPS),
  keyframes: z
    .array(
      z.strictObject({
        index: z.int().min(0),
        pts: z.int(),
        still: z.boolean(),
        width: z.int().min(1).max(4096),
        height: z.int().min(1).max(4096),
        scene: z.int().min(0).exactOptional(),
        event: eventSchema.exactOptional(),
      }),
    )
    .min(1)
    .max(64),
});

/** A group as bytes: SHA-256 of the rest, length of the header, the header as JSON, the pixels unchanged. */
export function packGroup(group: Group): Buffer {
  const keyframes = group.keyframes.map(({ index, pts, still, width, height, scene, event }) => ({
    index,
    pts,
    still,
    width,
    height,
    ...(scene === undefined ? {} : { scene }),
    ...(event === undefined ? {} : { event }),
  }));
  const { video, index, recorded } = group;
  const head = Buffer.from(
    JSON.stringify({ video, ...(recorded === undefined ? {} : { recorded }), index, keyframes }),
  );
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const body = Buffer.concat([length, head, ...group.keyframes.map(({ pixels }) => pixels)]);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
}

/** Reverses {@link packGroup}. Throws `frames-lost` where the bytes are damaged. */
export function unpackGroup(bytes: Buffer): Group {
  const body = bytes.subarray(SUM_BYTES);
  const sum = createHash('sha256').update(body).digest();
  if (body.length < LENGTH_BYTES || !sum.equals(bytes.subarray(0, SUM_BYTES))) throw damaged();
  const start = LENGTH_BYTES + body.readUInt32LE(0);
  const head = headSchema.safeParse(parseJson(body.toString('utf8', LENGTH_BYTES, start)));
  if (!head.success) throw damaged();
  const { video, index, recorded } = head.data;
  let at = start;
  const keyframes = head.data.keyframes.map((keyframe): Keyframe => {
    const size = keyframe.width * keyframe.height * 3;
    const pixels = body.subarray(at, at + size);
    at += size;
    return { video, ...keyframe, pixels };
  });
  if (at !== body.length) throw damaged();
  return { video, index, keyframes, ...(recorded === undefined ? {} : { recorded }) };
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
