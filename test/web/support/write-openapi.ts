// npm run openapi: writes docs/openapi.json from the schemas of the routes. A test checks that it was run.
import { writeFile } from 'node:fs/promises';
import { openApiText } from './openapi-text.ts';

await writeFile(new URL('../../../docs/openapi.json', import.meta.url), openApiText());
