import { z } from 'zod';
import { CSRF_HEADER } from './client.ts';
import { Components } from './components.ts';
import { ROUTES, type Route } from './routes.ts';
import { problem } from './schemas/common.ts';
import { EVENTS } from './schemas/server-events.ts';

type Json = Readonly<Record<string, unknown>>;

function parameters(place: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  // What a query has is text; the schema of what it is read as says more, where there is one.
  const read = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }).properties ?? {};
  const schemaOf = (name: string): unknown => {
    const found = [read[name], properties[name]].find(
      (each) => typeof each === 'object' && Object.keys(each).length > 0,
    );
    return found ?? {};
  };
  return Object.keys(properties).map((name) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: schemaOf(name),
  }));
}

/** Text is a string and JSON an object; other content has no schema. */
function contentOf(type: string): Json {
  if (type === 'application/json') return { schema: { type: 'object' } };
  return /^text\/|[+/]xml$|subrip$/.test(type) ? { schema: { type: 'string' } } : {};
}

function answerOf({ status = 200, response, summary }: Route, components: Components): Json {
  if (response === undefined) return { 204: { description: 'Done' } };
  const content =
    'types' in response
      ? Object.fromEntries(response.types.map((type) => [type, contentOf(type)]))
      : { 'application/json': { schema: components.schemaOf(response, 'output') } };
  return { [status]: { description: summary, content } };
}

function operationOf(method: string, route: Route, components: Components): Json {
  const headers = [
    // Any value will do: what counts is that another site cannot send it.
    ...(method === 'GET' ? [] : [{ name: CSRF_HEADER, in: 'header', required: true, schema: { type: 'string' } }]),
    ...(route.ifMatch === true ? [{ name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } }] : []),
  ];
  return {
    summary: route.summary,
    ...(route.open === true ? { security: [] } : {}),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query), ...headers],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.schemaOf(route.body, 'input') } },
          },
        }),
    responses: { ...answerOf(route, components), default: { $ref: '#/components/responses/Problem' } },
  };
}

/** The API as OpenAPI 3.1, made from the schemas that check its requests. */
export function openApi(version: string): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = '', path = ''] = name.split(' ');
    const operations = paths[path] ?? {};
    operations[method.toLowerCase()] = operationOf(method, route, components);
    paths[path] = operations;
  }
  const events = Object.entries(EVENTS).map(([name, schema]) => [
    `event-${name}`,
    components.schemaOf(schema, 'output'),
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'secondglance serve',
      version,
      description:
        'Videos and their captions. What is read has an ETag; If-None-Match (304) and If-Match (412) count for every route. Uploads speak tus 1.0 at /uploads. Events of the streams are the schemas event-NAME. docs/serve.md has examples.',
    },
    servers: [{ url: 'api' }],
    security: [{ session: [] }, {}],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'secondglance' } },
      responses: {
        Problem: {
          description: 'Problem details (RFC 9457); code is one of docs/errors.md',
          content: { 'application/problem+json': { schema: components.schemaOf(problem, 'output') } },
        },
      },
      schemas: { ...components.schemas, ...Object.fromEntries(events) },
    },
  };
}
