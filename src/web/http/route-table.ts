import type { Request, Response, Router } from 'express';
import express from 'express';
import type { z } from 'zod';
import { ROUTES, type Route, type RouteName } from '../api/routes.ts';
import { type Mistake, RequestError, WebError } from '../errors.ts';
import { isConditional, requireMatch, requireNoMatch, sendContent, tagOf } from './conditions.ts';

/** Bytes of a JSON body: the cues of a day. */
const MOST_BODY = 16 * 2 ** 20;
const JSON_TYPE = 'application/json; charset=utf-8';

type Of<Name extends RouteName> = (typeof ROUTES)[Name];
type Parsed<Name extends RouteName, Key extends string> =
  Of<Name> extends Readonly<Record<Key, infer Schema>>
    ? Schema extends z.ZodType
      ? z.output<Schema>
      : never
    : undefined;

/** A request whose parts are as the schemas of its route want them. */
export interface Call<Name extends RouteName> {
  readonly params: Parsed<Name, 'params'>;
  readonly query: Parsed<Name, 'query'>;
  readonly body: Parsed<Name, 'body'>;
  readonly request: Request;
  readonly response: Response;
}

type Answer<Name extends RouteName> =
  Of<Name> extends { readonly response: infer Schema }
    ? Schema extends z.ZodType
      ? z.input<Schema>
      : unknown
    : unknown;

/** Does what a route is for: returns its JSON, or has answered by itself. */
export type Handler<Name extends RouteName> = (call: Call<Name>) => Answer<Name> | Promise<Answer<Name>>;

/** A handler for every route: one that is missing does not compile. */
export type Handlers = { readonly [Name in RouteName]: Handler<Name> };

function read(part: 'params' | 'query' | 'body', schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const mistakes = found.error.issues.map(({ path, message }): Mistake => {
    const place = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return { pointer: `/${part}${place}`, detail: message };
  });
  const [first] = mistakes;
  throw new RequestError(`${first?.pointer ?? part}: ${first?.detail ?? 'is not valid'}`, mistakes.slice(0, 20));
}

const parseJson = express.json({ limit: MOST_BODY, strict: true, type: 'application/json' });

async function bodyOf(request: Request, response: Response): Promise<unknown> {
  if (!request.is('application/json')) {
    throw new WebError('media-type', 'the body has to be JSON: send it with content-type: application/json');
  }
  await new Promise<void>((resolve, reject) => {
    parseJson(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
  return request.body as unknown;
}

/** The route by which what a request changes is read: the nearest address above it that is. */
function readingOf(name: RouteName, { about }: Route): RouteName | undefined {
  const path = name.slice(name.indexOf(' ') + 1);
  for (let at = about?.slice(4) ?? path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const reading = `GET ${at}`;
    if (reading in ROUTES) return reading as RouteName;
  }
  return undefined;
}

/** The entity tag of what a request changes; undefined where nothing is there. */
async function currentTag(name: RouteName, handlers: Handlers, call: Call<RouteName>): Promise<string | undefined> {
  const reading = readingOf(name, ROUTES[name]);
  if (reading === undefined) return undefined;
  const { query }: Route = ROUTES[reading];
  try {
    const value = await (handlers[reading] as Handler<RouteName>)({
      ...call,
      query: query?.parse({}),
    } as Call<RouteName>);
    return tagOf(JSON.stringify(value), value);
  } catch (error) {
    if (error instanceof WebError && error.code === 'not-there') return undefined;
    throw error;
  }
}

/** Refuses a request that changes something where its conditions do not fit what is there. Handlers that need If-Match check it themselves. */
async function requireConditions(name: RouteName, handlers: Handlers, call: Call<RouteName>): Promise<void> {
  const { request } = call;
  if (!isConditional(request)) return;
  const tag = await currentTag(name, handlers, call);
  const { ifMatch }: Route = ROUTES[name];
  if (ifMatch !== true) requireMatch(request, tag);
  requireNoMatch(request, tag);
}

async function answer(name: RouteName, handlers: Handlers, request: Request, response: Response): Promise<void> {
  const route: Route = ROUTES[name];
  const params = read('params', route.params, request.params);
  const query = read('query', route.query, request.query);
  const body = route.body === undefined ? undefined : read('body', route.body, await bodyOf(request, response));
  const call = { params, query, body, request, response } as Call<RouteName>;
  const reads = name.startsWith('GET ');
  if (!reads) await requireConditions(name, handlers, call);
  const result = await (handlers[name] as Handler<RouteName>)(call);
  if (route.response === undefined) response.status(204).end();
  else if (!('types' in route.response)) {
    const json = JSON.stringify(result);
    const tag = tagOf(json, result);
    if (reads) sendContent(response, json, { type: JSON_TYPE, cache: 'no-store', tag });
    else {
      response
        .status(route.status ?? 200)
        .set({ etag: `"${tag}"`, 'cache-control': 'no-store', 'content-type': JSON_TYPE });
      response.send(json);
    }
  }
}

/** What stands in front of routes. */
export interface RouteGuards {
  /** Of all. */
  readonly always: express.RequestHandler;
  /** Of those that are not open. */
  readonly session: express.RequestHandler;
}

/**
 * Lets a router answer the routes of the table, whose requests are checked before. A method that a path does not have is `method-not-allowed`.
 */
export function mountRoutes(router: Router, handlers: Handlers, { always, session }: RouteGuards): void {
  const methods = new Map<string, string[]>();
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const [method = '', shown = ''] = name.split(' ');
    const path = shown.replace(/\{(\w+)\}/g, ':$1');
    methods.set(path, [...(methods.get(path) ?? []), method]);
    const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
    const act: express.RequestHandler = (request, response) => answer(name, handlers, request, response);
    if (route.open === true) router[verb](path, always, act);
    else router[verb](path, always, session, act);
  }
  for (const [path, allowed] of methods) {
    router.all(path, (request, response) => {
      const all = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
      response.set('allow', all.join(', '));
      throw new WebError(
        'method-not-allowed',
        `${request.method} is not for this address, which takes ${all.join(', ')}`,
      );
    });
  }
}
