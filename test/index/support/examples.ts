import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A tsconfig.json as strict as TypeScript gets, which also checks the declarations of packages. */
export const STRICT = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  },
};

/** A program from docs/api.md. */
export interface Example {
  /** The heading that it stands under, and its number there. */
  readonly name: string;
  readonly code: string;
}

/** The programs of docs/api.md, in order. */
export async function apiExamples(): Promise<Example[]> {
  const page = await readFile(path.join(import.meta.dirname, '../../../docs/api.md'), 'utf8');
  return page
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const heading = section.slice(0, section.indexOf('\n'));
      const blocks = [...section.matchAll(/^```ts\n(.*?)^```$/gms)];
      return blocks.map(([, code = ''], at) => ({ name: `${heading} ${at + 1}`, code }));
    });
}
