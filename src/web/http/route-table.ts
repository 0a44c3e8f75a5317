import type { Request, Response, Router } from 'express';
import express from 'express';
import type { z } from 'zod';
import { ROUTES, type Route, type RouteName } from '../api/routes.ts';
import { type Mistake, RequestError, WebError } from '../errors.ts';

/** Bytes of a JSON body: the cues of a day. */
const MOST_BODY = 16 * 2 ** 20;

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

async function answer(route: Route, handler: Handler<RouteName>, request: Request, response: Response): Promise<void> {
  const params = read('params', route.params, request.params);
  const query = read('query', route.query, request.query);
  const body = route.body === undefined ? undefined : read('body', route.body, await bodyOf(request, response));
  const result = await handler({ params, query, body, request, response } as Call<RouteName>);
  if (route.response === undefined) response.status(204).end();
  else if (!('types' in route.response)) {
    response
      .status(route.status ?? 200)
      .set('cache-control', 'no-store')
      .json(result);
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
    const handler = handlers[name] as Handler<RouteName>;
    const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
    const act: express.RequestHandler = (request, response) => answer(route, handler, request, response);
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
