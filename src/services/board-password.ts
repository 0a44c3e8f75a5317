import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { PasswordAttempts } from './password-attempts.ts';

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

/** HTTP basic authentication with any user name. A client with too many wrong passwords gets 429 for some minutes, whatever it sends. */
export function requirePassword(password: string, { onWrong, onBlocked }: PasswordEvents): RequestHandler {
  const expected = digest(password);
  const attempts = new PasswordAttempts();
  return async (request, response, next) => {
    const seconds = await attempts.waitOf(request);
    if (seconds !== undefined) {
      response.status(429).set('retry-after', String(seconds)).type('text');
      response.send(`too many wrong passwords: try again in ${seconds} s\n`);
      return;
    }
    // Digests have one length, so the comparison takes constant time.
    if (timingSafeEqual(digest(passwordOf(request)), expected)) return next();
    if (request.headers.authorization !== undefined) {
      onWrong(request);
      if (await attempts.countWrong(request)) onBlocked(request);
    }
    const challenge = 'Basic realm="secondglance", charset="UTF-8"';
    response.status(401).set('www-authenticate', challenge).type('text').send('the password of the board, please\n');
  };
}
