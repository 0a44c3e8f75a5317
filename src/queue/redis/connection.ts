import { Redis, type RedisOptions } from 'ioredis';
import { errnoOf, SecondGlanceError, sentenceOf } from '../../core/errors.ts';
import { exponentialBackoff } from '../../core/time/backoff.ts';
import { QueueError, type QueueErrorCode } from '../errors.ts';
import { isWrongType } from './foreign-keys.ts';

/** Where the queue lives. */
export interface RedisPlace {
  /** `redis://[user][:password]@host:port/db`, or `rediss://` for TLS. */
  readonly url: string;
  /** What all keys begin with. */
  readonly prefix: string;
}

/** Called once each time the connection is lost, and once when it is back. */
export type LinkListener = (state: 'lost' | 'back', reason: string) => void;

/** Timeout for the first answer. */
const CONNECT_MS = 5000;
/** Redis answers every command sooner, including those that block for a job. */
const SILENCE_MS = 12_000;
/** Longest pause between two attempts to connect. */
const MAX_BACKOFF_MS = 3000;
const MIN_BACKOFF_MS = 100;
/** A client's command fails after so many attempts to connect. */
const CLIENT_RETRIES = 4;

/** `host:port` of a Redis URL, without user and password: for messages and logs. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'an invalid address';
  return new URL(url).host || url.split('@').at(-1) || 'redis';
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return;
  const advice = 'write redis://[user:password@]host:port/db, or rediss:// for TLS';
  throw new QueueError('redis-url', `the address of Redis is not valid: ${advice}`);
}

/** True where Redis wants other credentials, or does not permit the command. */
function isRefusal(error: unknown): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|READONLY)/.test(sentenceOf(error));
}

/** Node's error codes for a failed TLS handshake. */
const TLS_FAULT = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/;

/** True where the certificate of Redis is not trusted, or TLS failed. */
function isTlsFault(error: Error): boolean {
  return TLS_FAULT.test(errnoOf(error) ?? '');
}

/** True for an error that means that Redis cannot be reached at present. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const network =
    /Connection is closed|max retries per request|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH/;
  return error.name === 'MaxRetriesPerRequestError' || network.test(`${errnoOf(error) ?? ''} ${error.message}`);
}

/** Answers of Redis that say that it cannot work at present: it is full, loading its data, or in a failover. */
const REDIS_TROUBLE =
  /^(OOM|LOADING|MISCONF|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY)\b|\bOOM command not allowed/;

const INFRASTRUCTURE: ReadonlySet<string> = new Set<QueueErrorCode>(['redis-unreachable', 'redis-full', 'frame-store']);

/** True for a failure of Redis or the frame store: the same work succeeds once they are back, or a foreign key was moved away. */
export function isInfrastructureError(error: unknown): boolean {
  if (error instanceof SecondGlanceError) return INFRASTRUCTURE.has(error.code);
  return error instanceof Error && (REDIS_TROUBLE.test(error.message) || isWrongType(error) || isAway(error));
}

/** The QueueError for an error of a Redis command; other errors are returned unchanged. */
export function redisError(error: unknown, { url, prefix }: RedisPlace): unknown {
  if (!(error instanceof Error) || error instanceof QueueError) return error;
  const redis = `Redis at ${placeOf(url)}`;
  const as = (code: QueueErrorCode, message: string): QueueError => new QueueError(code, message, { cause: error });
  if (isRefusal(error)) return as('redis-refused', `${redis} refuses: ${error.message}`);
  if (isTlsFault(error)) {
    const advice = 'give the authority of its certificate in NODE_EXTRA_CA_CERTS';
    return as('redis-tls', `${redis} is not trusted (${error.message}): ${advice}`);
  }
  if (/\bOOM command/.test(error.message)) return as('redis-full', `${redis} is full: raise its maxmemory`);
  if (isWrongType(error)) {
    const advice =
      'another program uses it: name another with --redis-prefix, or start a service, which moves such keys away';
    return as('bad-payload', `a key under ${prefix} in ${redis} holds what secondglance never wrote: ${advice}`);
  }
  return isAway(error) ? unreachable(url, error) : error;
}

function unreachable(url: string, cause?: unknown): QueueError {
  const why = cause === undefined ? '' : ` (${sentenceOf(cause)})`;
  const advice = 'start it, or set SECONDGLANCE_REDIS_URL';
  return new QueueError('redis-unreachable', `Redis at ${placeOf(url)} cannot be reached${why}: ${advice}`, { cause });
}

function listen(redis: Redis, onLink: LinkListener): void {
  let lost = false;
  let reason = 'the connection was closed';
  redis.on('error', (error: Error) => {
    reason = error.message;
  });
  redis.on('close', () => {
    if (!lost) onLink('lost', reason);
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) onLink('back', '');
    lost = false;
  });
}

/** Waits for the first answer. Throws `redis-refused` and `redis-tls` at once, `redis-unreachable` after a time-out. */
async function waitUntilReady(redis: Redis, place: RedisPlace): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let refused: ((error: Error) => void) | undefined;
  let last: Error | undefined;
  try {
    await Promise.race([
      redis.ping(),
      new Promise<never>((_, reject) => {
        refused = (error) => {
          last = error;
          if (isRefusal(error) || isTlsFault(error)) reject(error);
        };
        redis.on('error', refused);
        timer = setTimeout(() => reject(unreachable(place.url, last)), CONNECT_MS);
      }),
    ]);
  } catch (error) {
    redis.disconnect();
    const why = redisError(last ?? error, place);
    // Anything else that prevents a connection (an aborted handshake, an unknown host) may pass.
    throw why instanceof QueueError ? why : unreachable(place.url, why);
  } finally {
    clearTimeout(timer);
    if (refused !== undefined) redis.off('error', refused);
  }
}

function optionsOf(retries: number | null): RedisOptions {
  return {
    maxRetriesPerRequest: retries,
    connectTimeout: CONNECT_MS,
    // Detects a peer that disappears without closing the connection, as when a cable is cut.
    socketTimeout: SILENCE_MS,
    retryStrategy: (times) => exponentialBackoff(times, MIN_BACKOFF_MS, MAX_BACKOFF_MS),
    connectionName: 'secondglance',
  };
}

/**
 * A connection for an interactive command: it fails with `redis-unreachable` where a service would keep waiting.
 * Throws `redis-url`, `redis-unreachable`, `redis-refused`, `redis-tls`.
 */
export async function connectClient(place: RedisPlace): Promise<Redis> {
  checkUrl(place.url);
  const redis = new Redis(place.url, optionsOf(CLIENT_RETRIES));
  redis.on('error', () => undefined);
  await waitUntilReady(redis, place);
  return redis;
}

/**
 * A connection for a service: while Redis is away its commands wait, with backoff, and continue when it is back; `onLink` is called.
 * Throws `redis-url`, `redis-refused`, `redis-tls`, and the signal's reason if that aborts before the first answer.
 */
export async function connectService(place: RedisPlace, onLink: LinkListener, signal: AbortSignal): Promise<Redis> {
  checkUrl(place.url);
  for (let reported = false; ; ) {
    signal.throwIfAborted();
    const redis = new Redis(place.url, optionsOf(null));
    redis.on('error', () => undefined);
    const disconnect = (): void => redis.disconnect();
    signal.addEventListener('abort', disconnect, { once: true });
    try {
      await waitUntilReady(redis, place);
      if (reported) onLink('back', '');
      listen(redis, onLink);
      return redis;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof QueueError) || !error.retryable) throw error;
      if (!reported) onLink('lost', error.message);
      reported = true;
    } finally {
      signal.removeEventListener('abort', disconnect);
    }
  }
}
