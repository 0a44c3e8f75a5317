import { VERSION } from '../../../src/core/version.ts';
import { openApi } from '../../../src/web/api/openapi.ts';

/** What docs/openapi.json has to say. */
export function openApiText(): string {
  return `${JSON.stringify(openApi(VERSION), null, 2)}\n`;
}
