import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Wrong passwords of one client within the window, before it has to wait for the window's end. */
const MOST_WRONG = 20;
const WINDOW_SECONDS = 300;
/** Clients that are remembered; the addresses of one network count as one. */
const HOW = { points: MOST_WRONG, duration: WINDOW_SECONDS };

/** Called with each request that is refused. */
export interface PasswordEvents {
  onWrong(request: Request): void;
  /** Once when a client has used up its attempts. */
  onBlocked(request: Request): void;
}

function passwordOf(request: Request): string {
  const [, encoded = ''] = /^Basic +([\w+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The client of a request: its address, or the network of an IPv6 address, whose owner has all addresses in it. */
function clientOf({ ip = '' }: Request): string {
  return ip.includes('.') ? ip : ip.split(':').slice(0, 4).join(':');
}

/** HTTP basic authentication with any user name. A client with too many wrong passwords gets 429 for some minutes, whatever it sends. */
export function requirePassword(password: string, { onWrong, onBlocked }: PasswordEvents): RequestHandler {
  const expected = digest(password);
  const wrong = new RateLimiterMemory(HOW);
  return async (request, response, next) => {
    const client = clientOf(request);
    const known = await wrong.get(client);
    if (known !== null && known.consumedPoints >= MOST_WRONG) {
      const seconds = Math.ceil(known.msBeforeNext / 1000);
      response.status(429).set('retry-after', String(seconds)).type('text');
      response.send(`too many wrong passwords: try again in ${seconds} s\n`);
      return;
    }
    // Digests have one length, so the comparison takes constant time.
    if (timingSafeEqual(digest(passwordOf(request)), expected)) return next();
    if (request.headers.authorization !== undefined) {
      onWrong(request);
      const { consumedPoints } = await wrong.penalty(client);
      if (consumedPoints === MOST_WRONG) onBlocked(request);
    }
    const challenge = 'Basic realm="secondglance", charset="UTF-8"';
    response.status(401).set('www-authenticate', challenge).type('text').send('the password of the board, please\n');
  };
}
