import { createHash, randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { PasswordAttempts } from '../../services/password-attempts.ts';
import type { Log } from '../../services/service.ts';
import type { Session } from '../api/schemas/system.ts';
import { WebError } from '../errors.ts';
import type { VideoStore } from '../store/video-store.ts';
import type { PasswordCheck } from './password.ts';

const COOKIE = 'secondglance';
const LIFETIME_MS = 30 * 86_400_000;

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function tokenOf(request: Request): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(';').map((each) => each.trim());
  return cookies.find((each) => each.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

/** Who is logged in. Without a password everybody is: the server then answers this machine alone. */
export class Sessions {
  readonly #store: VideoStore;
  readonly #check: PasswordCheck | undefined;
  readonly #log: Log;
  readonly #basePath: string;
  readonly #attempts = new PasswordAttempts();

  constructor(store: VideoStore, check: PasswordCheck | undefined, log: Log, basePath: string) {
    this.#store = store;
    this.#check = check;
    this.#log = log;
    this.#basePath = basePath;
  }

  #isLoggedIn(request: Request): boolean {
    if (this.#check === undefined) return true;
    const token = tokenOf(request);
    return token !== undefined && this.#store.hasSession(hashOf(token));
  }

  of(request: Request): Session {
    return { passwordRequired: this.#check !== undefined, authenticated: this.#isLoggedIn(request) };
  }

  /** Refuses requests without a session. */
  readonly required: RequestHandler = (request, _, next) => {
    if (this.#isLoggedIn(request)) next();
    else throw new WebError('login-needed', 'log in first: POST /api/session with the password');
  };

  /** Begins a session. Throws `password-wrong`, `too-many-attempts`. */
  async logIn(password: string, request: Request, response: Response): Promise<Session> {
    if (this.#check === undefined) return this.of(request);
    const { ip, path } = request;
    const seconds = await this.#attempts.waitOf(request);
    if (seconds !== undefined) {
      response.set('retry-after', String(seconds));
      throw new WebError('too-many-attempts', `too many wrong passwords: try again in ${seconds} s`);
    }
    if (!(await this.#check(password))) {
      this.#log.warn({ ip, path }, 'wrong password');
      if (await this.#attempts.countWrong(request)) {
        this.#log.warn({ ip }, 'too many wrong passwords: this client has to wait');
      }
      throw new WebError('password-wrong', 'the password is wrong');
    }
    const token = randomBytes(32).toString('base64url');
    this.#store.putSession(hashOf(token), Date.now() + LIFETIME_MS);
    response.cookie(COOKIE, token, { ...this.#cookie(request), maxAge: LIFETIME_MS });
    return { passwordRequired: true, authenticated: true };
  }

  logOut(request: Request, response: Response): Session {
    const token = tokenOf(request);
    if (token !== undefined) this.#store.removeSession(hashOf(token));
    response.clearCookie(COOKIE, this.#cookie(request));
    return { passwordRequired: this.#check !== undefined, authenticated: this.#check === undefined };
  }

  #cookie({ secure }: Request) {
    return { httpOnly: true, sameSite: 'strict', path: `${this.#basePath}/`, secure } as const;
  }
}
