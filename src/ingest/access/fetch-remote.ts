import { type Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { hideAddress } from '../../core/text/secrets.ts';
import type { CheckedAddress } from './addresses.ts';
import { BlockedProtocolError } from './errors.ts';

/** Time limit for a connection to a server, and for its first answer. */
const ANSWER_MS = 20_000;
const MOST_REDIRECTS = 10;

/** Which addresses may be read. */
export interface AddressRules {
  /** Checks an address before anything connects. Throws a GuardError, whose message is `why` where that is given. */
  checkUrl(url: URL, why?: string): void;
  /** The checked address to connect to; undefined for any that the host's name leads to. Throws a GuardError. */
  addressOf(url: URL): Promise<CheckedAddress | undefined>;
  /** What connects to an address in another way than directly. */
  agentOf?(url: URL): Promise<Agent | undefined>;
}

/** A server's answer that is no redirect, with the address that gave it. */
export interface RemoteAnswer {
  readonly url: URL;
  readonly answer: IncomingMessage;
}

/** More redirects than are followed. */
export class RedirectLoopError extends Error {}
/** The server did not answer in time. */
export class NoAnswerError extends Error {}

async function ask(url: URL, headers: OutgoingHttpHeaders, rules: AddressRules, signal: AbortSignal) {
  rules.checkUrl(url);
  const checked = await rules.addressOf(url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const { username, password } = url;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: checked?.address ?? host,
    ...(checked === undefined ? {} : { family: checked.family }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: url.pathname + url.search,
    headers: { ...headers, host: url.host },
    ...(username === '' && password === '' ? {} : { auth: credentials }),
    agent: (await rules.agentOf?.(url)) ?? false,
    timeout: ANSWER_MS,
    signal,
  });
  return new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', (answer) => {
      // From here on the reader sets the pace: it may pause for as long as captioning takes.
      request.setTimeout(0);
      resolve(answer);
    });
    request.once('timeout', () => request.destroy(new NoAnswerError('no answer')));
    request.on('error', reject);
    request.end();
  });
}

/**
 * Asks for an address and follows its redirects, each of which is checked like the first.
 * @throws GuardError, BlockedProtocolError, RedirectLoopError, NoAnswerError; the system's error where the server cannot be reached
 */
export async function fetchRemote(
  first: URL,
  headers: OutgoingHttpHeaders,
  rules: AddressRules,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  let url = first;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await ask(url, headers, rules, signal);
    const { statusCode = 0 } = answer;
    const { location } = answer.headers;
    if (statusCode < 300 || statusCode > 399 || location === undefined || !URL.canParse(location, url.href)) {
      return { url, answer };
    }
    answer.destroy();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) {
      rules.checkUrl(next, `${hideAddress(url.href)} leads to ${next.protocol}, which is not followed`);
      throw new BlockedProtocolError(next.protocol, `${hideAddress(url.href)} leads to ${next.protocol}`);
    }
    if (redirects === MOST_REDIRECTS) throw new RedirectLoopError(`more than ${MOST_REDIRECTS} redirects`);
    url = next;
  }
}
