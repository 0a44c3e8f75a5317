import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VERSION } from '../../../src/core/version.ts';
import { openApi } from '../../../src/web/api/openapi.ts';
import { ROUTES } from '../../../src/web/api/routes.ts';
import { openApiText } from '../support/openapi-text.ts';

test('docs/openapi.json is what the schemas say: npm run openapi writes it', async () => {
  const file = await readFile(new URL('../../../docs/openapi.json', import.meta.url), 'utf8');
  expect(file).toBe(openApiText());
});

test('every route is described, with its parameters and what it answers', () => {
  const { paths } = openApi(VERSION) as { paths: Record<string, Record<string, { parameters: { name: string }[] }>> };
  for (const name of Object.keys(ROUTES)) {
    const [method = '', path = ''] = name.split(' ');
    const operation = paths[path]?.[method.toLowerCase()];
    expect(operation, name).toMatchObject({ summary: expect.any(String), responses: expect.any(Object) });
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, each]) => each);
    expect(operation?.parameters.map((each) => each.name)).toEqual(expect.arrayContaining(inPath));
  }
});
