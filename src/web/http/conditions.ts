import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { WebError } from '../errors.ts';

/** The entity tags that If-Match or If-None-Match names, or `*`. Quotes and the mark of weak tags, which proxies may add, do not matter. */
export function namedTags(field: string): string[] {
  const tags = field.match(/(?:W\/)?"[^"]*"|[^\s,]+/g) ?? [];
  return tags.map((tag) => tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1'));
}

function names(field: string, tag: string | undefined): boolean {
  return tag !== undefined && namedTags(field).some((named) => named === '*' || named === tag);
}

/** The entity tag of an answer: its revision, where JSON has one, else a hash of its bytes. */
export function tagOf(content: string | Buffer, value?: unknown): string {
  const revised = typeof value === 'object' && value !== null && 'revision' in value ? value.revision : undefined;
  return typeof revised === 'string' ? revised : createHash('sha256').update(content).digest('base64url').slice(0, 22);
}

/** True for a request that depends on what is there now. */
export function isConditional(request: Request): boolean {
  return request.get('if-match') !== undefined || request.get('if-none-match') !== undefined;
}

/**
 * Throws `precondition-failed` where If-Match does not name what is there now (RFC 9110, 13.1.1).
 * @param tag its entity tag; undefined where nothing is there
 */
export function requireMatch(request: Request, tag: string | undefined): void {
  const field = request.get('if-match');
  if (field === undefined || names(field, tag)) return;
  throw new WebError('precondition-failed', 'what is there now is not what If-Match names');
}

/** Throws `precondition-failed` for a request that changes something, where If-None-Match names what is there now (13.1.2). */
export function requireNoMatch(request: Request, tag: string | undefined): void {
  const field = request.get('if-none-match');
  if (field === undefined || !names(field, tag)) return;
  throw new WebError('precondition-failed', 'what is there now is what If-None-Match names');
}

/** For what has no entity tag, such as uploads: If-Match names none but `*`. */
export const refuseTags: RequestHandler = (request, _, next) => {
  const field = request.get('if-match');
  if (field === undefined || namedTags(field).includes('*')) return next();
  throw new WebError('precondition-failed', 'uploads have no entity tag that If-Match could name');
};

/** How content is sent. */
export interface ContentOptions {
  readonly type: string;
  /** The name under which a browser saves it; absent for what it shows. */
  readonly download?: string;
  /** Default: the hash of the content. */
  readonly tag?: string;
  /** Default: a cache asks every time. */
  readonly cache?: string;
}

/** Sends what a client reads, with its entity tag: 304 where the client has it. Throws `precondition-failed`. */
export function sendContent(response: Response, content: string | Buffer, options: ContentOptions): void {
  const { type, download, tag = tagOf(content), cache = 'private, no-cache' } = options;
  requireMatch(response.req, tag);
  if (download !== undefined) response.attachment(download);
  // Express answers If-None-Match by this header.
  response.set({ etag: `"${tag}"`, 'cache-control': cache, 'content-type': type });
  response.send(content);
}
