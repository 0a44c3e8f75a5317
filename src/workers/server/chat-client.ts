import { type Dispatcher, fetch } from 'undici';
import { errnoOf } from '../../core/errors.ts';
import { hideSecrets } from '../../core/text/secrets.ts';
import { exponentialBackoff } from '../../core/time/backoff.ts';
import { sleep } from '../../core/time/sleep.ts';
import { dispatcherFor } from '../network/dispatcher.ts';
import { type ChatReply, readReply, statusError } from './chat-reply.ts';
import { ServerError } from './server-error.ts';

/** The body of a request to `chat/completions`. */
export type ChatRequest = Readonly<Record<string, unknown>>;

/** Pauses between attempts. */
export interface RetryTimings {
  readonly firstMs: number;
  readonly longestMs: number;
  /** No attempt begins later than this after the first one. */
  readonly forMs: number;
}

/** Long enough for a server that loads its model. */
export const RETRY_TIMINGS: RetryTimings = { firstMs: 500, longestMs: 15_000, forMs: 180_000 };

/** How a server is reached. */
export interface ChatOptions {
  /** Such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Time limit of one attempt. */
  readonly timeoutMs: number;
  /** The most requests in a minute; undefined for no limit. */
  readonly perMinute: number | undefined;
  /** Called before each attempt; throws where the address may not be used. */
  readonly checkUrl?: (url: string) => Promise<void>;
  readonly timings?: RetryTimings;
}

/** What an attempt came to: an error that a retry may cure says when, if the server did. */
class RetryableFailure extends Error {
  readonly afterMs: number | undefined;

  constructor(cause: ServerError, afterMs?: number) {
    super(cause.message, { cause });
    this.afterMs = afterMs;
  }
}

/** Seconds, or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** The innermost cause of a failed fetch: undici wraps what the socket said. */
function networkReason(error: unknown): string {
  let at: unknown = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return errnoOf(at) ?? (at instanceof Error ? at.message : String(at));
}

/** A client of one server: keeps its rate, and retries what a retry can cure. */
export class ChatClient {
  /** The address without secrets, for messages. */
  readonly place: string;
  readonly #url: string;
  readonly #options: ChatOptions;
  readonly #timings: RetryTimings;
  readonly #agent: Dispatcher;
  #nextAt = 0;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#timings = options.timings ?? RETRY_TIMINGS;
    this.#url = `${options.baseUrl.replace(/\/+$/, '')}/chat/completions`;
    this.place = hideSecrets(options.baseUrl);
    this.#agent = dispatcherFor(this.#url);
  }

  /**
   * Sends a request.
   * @throws ServerError; the signal's reason
   */
  async ask(request: ChatRequest, signal: AbortSignal): Promise<ChatReply> {
    const { firstMs, longestMs, forMs } = this.#timings;
    const until = Date.now() + forMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(request, signal);
      } catch (error) {
        if (!(error instanceof RetryableFailure)) throw error;
        const pause = error.afterMs ?? exponentialBackoff(attempt, firstMs, longestMs);
        if (Date.now() + pause > until) throw error.cause;
        await sleep(pause, signal);
      }
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** Waits for a place in the minute's quota. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { perMinute } = this.#options;
    if (perMinute === undefined) return;
    const now = Date.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + 60_000 / perMinute;
    if (at > now) await sleep(at - now, signal);
  }

  async #attempt(request: ChatRequest, signal: AbortSignal): Promise<ChatReply> {
    const { apiKey, timeoutMs, checkUrl } = this.#options;
    await this.#turn(signal);
    await checkUrl?.(this.#url);
    const limit = AbortSignal.timeout(timeoutMs);
    let status: number;
    let body: string;
    let after: string | null;
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify(request),
        // A redirect would carry pictures and key to another address.
        redirect: 'error',
        dispatcher: this.#agent,
        signal: AbortSignal.any([signal, limit]),
      });
      status = response.status;
      after = response.headers.get('retry-after');
      body = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      const why = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : networkReason(cause);
      throw new RetryableFailure(
        new ServerError('server-unavailable', `The model server at ${this.place} cannot be reached (${why}).`, {
          cause,
        }),
      );
    }
    if (status >= 200 && status < 300) return readReply(body, this.place);
    const error = statusError(status, body, this.place);
    if (error.retryable) throw new RetryableFailure(error, retryAfter(after));
    throw error;
  }
}
