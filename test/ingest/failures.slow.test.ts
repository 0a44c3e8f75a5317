import { afterAll, beforeAll, it } from 'vitest';
import { makeFolder } from '../support/videos.ts';
import { checkShortEnd } from './support/short-ends.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

it.each([
  ['wmv', ['-c:v', 'wmv2']],
  ['flv', []],
  ['mkv', []],
  ['mpg', ['-c:v', 'mpeg2video']],
])('%s: less than two seconds missing is missing', (extension, options) =>
  checkShortEnd(folder.path, extension, options),
);
