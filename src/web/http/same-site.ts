import type { RequestHandler } from 'express';
import { CSRF_HEADER } from '../api/client.ts';
import { WebError } from '../errors.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Names of this machine for itself. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function nameOf(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

/**
 * Refuses requests to a name that is not this server's. Without a password, that is what keeps other sites out: one that has its
 * own name lead to this machine (DNS rebinding) is of the same origin as far as the browser knows, but it sends its name.
 * @param names besides those of the loopback; undefined where any will do, because there is a password
 */
export function requireHost(names: readonly string[] | undefined): RequestHandler {
  const allowed = names?.map((name) => name.toLowerCase());
  return (request, _, next) => {
    const name = nameOf(request.host ?? '');
    if (allowed === undefined || LOOPBACK.test(name) || allowed.includes(name)) return next();
    throw new WebError('host-refused', `this server does not go by the name ${JSON.stringify(name)}`);
  };
}

/**
 * Refuses what another site makes the browser send. Requests that change something need a header of their own: a form cannot
 * have one, and a script of another site only after asking this server, which never agrees (there is no CORS). Unlike a token
 * it needs no state, and works for curl. Browsers that say where a request comes from are believed as well.
 */
export const requireSameSite: RequestHandler = (request, _, next) => {
  const site = request.get('sec-fetch-site');
  if (site === 'cross-site' || site === 'same-site') {
    throw new WebError('cross-site', 'another site sent this request');
  }
  if (SAFE.has(request.method)) return next();
  const origin = request.get('origin');
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== request.host)) {
    throw new WebError('cross-site', `another site sent this request: ${origin}`);
  }
  if (request.get(CSRF_HEADER) === undefined) {
    throw new WebError('cross-site', `a request that changes something needs the header ${CSRF_HEADER}: 1`);
  }
  next();
};
