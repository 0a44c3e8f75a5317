import { Metadata } from '@tus/server';
import type { Request } from 'express';
import { type VideoOptions, videoOptions } from '../api/schemas/videos.ts';
import { RequestError, WebError } from '../errors.ts';

/** What an upload says of itself in its metadata. */
export interface UploadFacts {
  readonly name: string;
  readonly options: VideoOptions;
}

/** Reads the metadata of an upload: `filename`, and `options` as JSON where there are some. Throws `upload-refused`, a RequestError. */
export function uploadFacts(metadata: Readonly<Record<string, string | null>>): UploadFacts {
  const { filename, options } = metadata;
  // Some clients send a path; only its last part is a name.
  const name = (filename ?? '').split(/[/\\]/).at(-1)?.trim() ?? '';
  if (name === '' || name.length > 1000) {
    throw new WebError('upload-refused', 'Upload-Metadata needs the name of the file, as filename');
  }
  let parsed: unknown = {};
  try {
    if (typeof options === 'string' && options !== '') parsed = JSON.parse(options);
  } catch (cause) {
    throw new RequestError('options in Upload-Metadata are no JSON', [], { cause });
  }
  const read = videoOptions.safeParse(parsed);
  if (read.success) return { name, options: read.data };
  const mistakes = read.error.issues.map(({ path, message }) => ({
    pointer: `/metadata/options/${path.map(String).join('/')}`,
    detail: message,
  }));
  throw new RequestError(`${mistakes[0]?.pointer}: ${mistakes[0]?.detail}`, mistakes);
}

/** A request that begins an upload: its length in bytes, and what it says of itself. Throws a WebError. */
export function readCreation(request: Request, limit: number): UploadFacts & { readonly size: number } {
  const length = request.get('upload-length');
  if (length === undefined || !/^\d{1,15}$/.test(length)) {
    throw new WebError('upload-refused', 'an upload has to say its length, as Upload-Length');
  }
  const size = Number(length);
  if (size === 0) throw new WebError('upload-refused', 'the file is empty');
  if (size > limit) {
    const most = (limit / 1e9).toFixed(1);
    throw new WebError(
      'upload-too-large',
      `the file has ${(size / 1e9).toFixed(1)} GB, and this server takes ${most} GB`,
    );
  }
  let metadata: Record<string, string | null>;
  try {
    metadata = Metadata.parse(request.get('upload-metadata'));
  } catch (cause) {
    throw new WebError('upload-refused', 'Upload-Metadata does not follow the tus protocol', { cause });
  }
  return { ...uploadFacts(metadata), size };
}
