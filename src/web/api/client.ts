import type { z } from 'zod';
import type { ROUTES, RouteName } from './routes.ts';
import type { Problem } from './schemas/common.ts';

/** The header that every request which changes something has to carry: no other site can set it without being asked first. */
export const CSRF_HEADER = 'x-secondglance';

type Of<Name extends RouteName> = (typeof ROUTES)[Name];
type Input<Value> = Value extends z.ZodType ? z.input<Value> : never;

type Part<Name extends RouteName, Key extends string> =
  Of<Name> extends Readonly<Record<Key, infer Schema>> ? Input<Schema> : never;

type Needed<Key extends string, Value> = [Value] extends [never]
  ? unknown
  : Record<string, never> extends Value
    ? { readonly [K in Key]?: Value }
    : { readonly [K in Key]: Value };

/** What a request to a route carries. */
export type RequestOf<Name extends RouteName> = Needed<'params', Part<Name, 'params'>> &
  Needed<'query', Part<Name, 'query'>> &
  Needed<'body', Part<Name, 'body'>> & { readonly ifMatch?: string; readonly signal?: AbortSignal };

/** What a route answers: JSON as its schema has it, undefined where it answers nothing, else the response itself. */
export type AnswerOf<Name extends RouteName> =
  Of<Name> extends { readonly response: infer Schema }
    ? Schema extends z.ZodType
      ? z.output<Schema>
      : Response
    : undefined;

/** A request that the server refused. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

/** Calls routes. Throws an ApiError for a problem, and what `fetch` throws where the server does not answer. */
export type ApiClient = <Name extends RouteName>(
  route: Name,
  ...request: Record<string, never> extends RequestOf<Name> ? [RequestOf<Name>?] : [RequestOf<Name>]
) => Promise<AnswerOf<Name>>;

/** What a client uses. */
export interface ClientOptions {
  /** Where the API is, without a slash at the end: `/api`, or `/captions/api` under a sub-path. */
  readonly base: string;
  readonly fetch?: typeof fetch;
}

interface AnyRequest {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

/** The address of a route, for `<img>`, `<video>`, `<track>`, links and EventSource. */
export function routeAddress(
  base: string,
  route: RouteName,
  { params = {}, query = {} }: Pick<AnyRequest, 'params' | 'query'> = {},
): string {
  const path = route
    .slice(route.indexOf(' ') + 1)
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return `${base}${path}${text === '' ? '' : `?${text}`}`;
}

async function problemOf(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  const read = (await response.json().catch(() => undefined)) as Problem | undefined;
  if (read !== undefined && typeof read.code === 'string') return read;
  // A proxy in front of the server has answered.
  const detail = `the server answered ${status} ${statusText}`;
  const type = 'about:blank';
  return { type, title: statusText, status, detail, code: 'unexpected', retryable: status >= 500, remedy: '' };
}

/** A client whose requests and answers have the types of the routes. It runs in browsers and in Node. */
export function apiClient({ base, fetch: send = fetch }: ClientOptions): ApiClient {
  const call = async (route: RouteName, request: AnyRequest = {}): Promise<unknown> => {
    const method = route.slice(0, route.indexOf(' '));
    const { body, ifMatch, signal } = request;
    const response = await send(routeAddress(base, route, request), {
      method,
      headers: {
        ...(method === 'GET' ? {} : { [CSRF_HEADER]: '1' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new ApiError(await problemOf(response));
    if (response.status === 204) return undefined;
    const type = response.headers.get('content-type') ?? '';
    return /^application\/json\b/.test(type) && !route.endsWith('.json') ? response.json() : response;
  };
  return call as ApiClient;
}
