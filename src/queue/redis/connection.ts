import { Redis, type RedisOptions } from 'ioredis';
import { errnoOf, sentenceOf } from '../../core/errors.ts';
import { QueueError } from '../errors.ts';

/** Where the queue lives. */
export interface RedisPlace {
  /** `redis://[user][:password]@host:port/db`, or `rediss://` for TLS. */
  readonly url: string;
  /** What all keys begin with. */
  readonly prefix: string;
}

/** Hears of the connection's ups and downs; each once. */
export type LinkListener = (state: 'lost' | 'back', reason: string) => void;

/** How long a first answer is waited for. */
const CONNECT_MS = 5000;
/** Redis answers everything sooner than this, also the commands that wait for a job. */
const SILENCE_MS = 12_000;
/** Longest pause between two attempts to reach Redis. */
const MOST_BACKOFF_MS = 3000;
/** A command of a client is given up after so many attempts to reach Redis. */
const CLIENT_RETRIES = 4;

/** `host:port` of a Redis URL: what may stand in messages and logs, without user and password. */
export function placeOf(url: string): string {
  try {
    return new URL(url).host || url.split('@').at(-1) || 'redis';
  } catch {
    return 'an address that is no URL';
  }
}

function checkUrl(url: string): void {
  let protocol: string | undefined;
  try {
    protocol = new URL(url).protocol;
  } catch {
    // told below
  }
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new QueueError(
      'redis-url',
      'the address of Redis is not valid: write redis://[user:password@]host:port/db, or rediss:// for TLS',
    );
  }
}

/** True for an answer of Redis that says it wants other credentials, or that this user may not do this. */
function isRefusal(error: unknown): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|READONLY)/.test(sentenceOf(error));
}

/** Why the TLS of a connection came to nothing, as Node's errors name it. */
const TLS_FAULT = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/;

/** True for an error that says that Redis' certificate is not to be trusted, or that its TLS cannot be spoken with. */
function isTlsFault(error: Error): boolean {
  return TLS_FAULT.test(errnoOf(error) ?? '');
}

/** True for an error that means that Redis is not to be reached just now. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const network =
    /Connection is closed|max retries per request|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH/;
  return error.name === 'MaxRetriesPerRequestError' || network.test(`${errnoOf(error) ?? ''} ${error.message}`);
}

/** The QueueError for what a Redis command threw; other errors come back as they are. */
export function redisError(error: unknown, place: RedisPlace): unknown {
  if (!(error instanceof Error) || error instanceof QueueError) return error;
  if (isRefusal(error)) {
    return new QueueError('redis-refused', `Redis at ${placeOf(place.url)} refuses: ${error.message}`, {
      cause: error,
    });
  }
  if (isTlsFault(error)) {
    const advice = 'give the authority of its certificate in NODE_EXTRA_CA_CERTS';
    return new QueueError('redis-tls', `Redis at ${placeOf(place.url)} is not trusted (${error.message}): ${advice}`, {
      cause: error,
    });
  }
  if (/^OOM /.test(error.message)) {
    return new QueueError('redis-full', `Redis at ${placeOf(place.url)} is full: raise its maxmemory`, {
      cause: error,
    });
  }
  if (isAway(error)) return unreachable(place, error);
  return error;
}

function unreachable(place: RedisPlace, cause?: unknown): QueueError {
  const why = cause === undefined ? '' : ` (${sentenceOf(cause)})`;
  return new QueueError(
    'redis-unreachable',
    `Redis at ${placeOf(place.url)} cannot be reached${why}: start it, or set SECONDGLANCE_REDIS_URL`,
    { cause },
  );
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

/** Waits for a first answer. Throws `redis-unreachable` after a while, `redis-refused` at once. */
async function greet(redis: Redis, place: RedisPlace, attempts: number): Promise<void> {
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
        timer = setTimeout(() => reject(unreachable(place, last)), CONNECT_MS * attempts);
      }),
    ]);
  } catch (error) {
    redis.disconnect();
    const why = redisError(last ?? error, place);
    // Whatever else keeps a connection from coming about (a handshake that broke off, a name not found for now) may pass.
    throw why instanceof QueueError ? why : unreachable(place, why);
  } finally {
    clearTimeout(timer);
    if (refused !== undefined) redis.off('error', refused);
  }
}

function optionsOf(retries: number | null): RedisOptions {
  return {
    maxRetriesPerRequest: retries,
    connectTimeout: CONNECT_MS,
    // A peer that went away without a word (a cut cable) is found out by its silence.
    socketTimeout: SILENCE_MS,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 8), MOST_BACKOFF_MS),
    connectionName: 'secondglance',
  };
}

/**
 * A connection for a command that a person waits for: it gives up with `redis-unreachable` where a service would go on
 * waiting. Throws `redis-url`, `redis-unreachable`, `redis-refused`, `redis-tls`.
 */
export async function connectClient(place: RedisPlace): Promise<Redis> {
  checkUrl(place.url);
  const redis = new Redis(place.url, optionsOf(CLIENT_RETRIES));
  redis.on('error', () => undefined);
  await greet(redis, place, 1);
  return redis;
}

/**
 * A connection for a service: while Redis is away its commands wait, with backoff, and go on when it returns; `onLink`
 * says so. Throws `redis-url`, `redis-refused`, `redis-tls`; the reason of `signal` where that comes before the first answer.
 */
export async function connectService(place: RedisPlace, onLink: LinkListener, signal: AbortSignal): Promise<Redis> {
  checkUrl(place.url);
  for (let told = false; ; ) {
    signal.throwIfAborted();
    const redis = new Redis(place.url, optionsOf(null));
    redis.on('error', () => undefined);
    const give = (): void => redis.disconnect();
    signal.addEventListener('abort', give, { once: true });
    try {
      await greet(redis, place, 1);
      if (told) onLink('back', '');
      listen(redis, onLink);
      return redis;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof QueueError) || !error.retryable) throw error;
      if (!told) onLink('lost', error.message);
      told = true;
    } finally {
      signal.removeEventListener('abort', give);
    }
  }
}
