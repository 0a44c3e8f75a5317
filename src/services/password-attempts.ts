import type { Request } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Wrong passwords of one client within the window, before it has to wait for the window's end. */
const MOST_WRONG = 20;
const WINDOW_SECONDS = 300;

/** The client of a request: its address, or the network of an IPv6 address, whose owner has all addresses in it. */
function clientOf({ ip = '' }: Request): string {
  return ip.includes('.') ? ip : ip.split(':').slice(0, 4).join(':');
}

/** Counts the wrong passwords of each client. One with too many has to wait for some minutes, whatever it sends. */
export class PasswordAttempts {
  readonly #wrong = new RateLimiterMemory({ points: MOST_WRONG, duration: WINDOW_SECONDS });

  /** How many seconds the client has to wait; undefined where it may try. */
  async waitOf(request: Request): Promise<number | undefined> {
    const known = await this.#wrong.get(clientOf(request));
    if (known === null || known.consumedPoints < MOST_WRONG) return undefined;
    return Math.ceil(known.msBeforeNext / 1000);
  }

  /** Counts a wrong password. True for the one with which the client has used up its attempts. */
  async countWrong(request: Request): Promise<boolean> {
    return (await this.#wrong.penalty(clientOf(request))).consumedPoints === MOST_WRONG;
  }
}
