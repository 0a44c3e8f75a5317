import { z } from 'zod';
import { CSRF_HEADER } from './client.ts';
import { ROUTES, type Route } from './routes.ts';
import { problem } from './schemas/common.ts';
import { EVENTS } from './schemas/server-events.ts';

type Json = Readonly<Record<string, unknown>>;

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function parameters(place: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  // What a query has is text; the schema of what it is read as says more.
  const shown = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }).properties ?? {};
  return Object.keys(properties).map((name) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: typeof shown[name] === 'object' ? shown[name] : {},
  }));
}

function answerOf({ status = 200, response, summary }: Route): Json {
  if (response === undefined) return { 204: { description: 'Done' } };
  const content =
    'types' in response
      ? Object.fromEntries(response.types.map((type) => [type, { schema: { type: 'string' } }]))
      : { 'application/json': { schema: schemaOf(response, 'output') } };
  return { [status]: { description: summary, content } };
}

function operationOf(method: string, route: Route): Json {
  const headers = [
    ...(method === 'GET' ? [] : [{ name: CSRF_HEADER, in: 'header', required: true, schema: { const: '1' } }]),
    ...(route.ifMatch === true ? [{ name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } }] : []),
  ];
  return {
    summary: route.summary,
    ...(route.open === true ? { security: [] } : {}),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query), ...headers],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
        }),
    responses: { ...answerOf(route), default: { $ref: '#/components/responses/Problem' } },
  };
}

/** The API as OpenAPI 3.1, made from the schemas that check its requests. */
export function openApi(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = '', path = ''] = name.split(' ');
    const operations = paths[path] ?? {};
    operations[method.toLowerCase()] = operationOf(method, route);
    paths[path] = operations;
  }
  const events = Object.entries(EVENTS).map(([name, schema]) => [`event-${name}`, schemaOf(schema, 'output')]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'secondglance serve',
      version,
      description:
        'Videos and their captions. Uploads speak tus 1.0 at /uploads. Events of the streams are the schemas event-NAME. docs/serve.md has examples.',
    },
    servers: [{ url: 'api' }],
    security: [{ session: [] }, {}],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'secondglance' } },
      responses: {
        Problem: {
          description: 'Problem details (RFC 9457); code is one of docs/errors.md',
          content: { 'application/problem+json': { schema: schemaOf(problem, 'output') } },
        },
      },
      schemas: Object.fromEntries(events),
    },
  };
}
