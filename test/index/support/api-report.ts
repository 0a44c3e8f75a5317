import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What a declaration file says, without comments. */
interface Declarations {
  /** The text of each top-level declaration, by name. */
  readonly declared: ReadonlyMap<string, string>;
  /** Where imported and re-exported names come from: the file, or the package's name. */
  readonly imported: ReadonlyMap<string, string>;
  /** The names that it exports from other files. */
  readonly reexported: readonly string[];
}

const DECLARATION = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const|enum) (\w+)/;
const FROM = /^(import|export) (?:type )?\{([^}]*)\} from '([^']+)';$/;

/** Splits a declaration file of tsc into its top-level statements: each ends at the first `;` or `}` at depth 0. */
function statementsOf(text: string): string[] {
  const statements: string[] = [];
  let statement = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    statement += statement === '' ? line : `\n${line}`;
    const closed = (statement.match(/[{([]/g)?.length ?? 0) === (statement.match(/[})\]]/g)?.length ?? 0);
    if (closed && /[;}]$/.test(line)) {
      statements.push(statement);
      statement = '';
    }
  }
  return statements;
}

function readDeclarations(file: string): Declarations {
  const text = readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/[ \t]+$/gm, '');
  const declared = new Map<string, string>();
  const imported = new Map<string, string>();
  const reexported: string[] = [];
  for (const statement of statementsOf(text)) {
    const [, verb, names = '', from = ''] = FROM.exec(statement) ?? [];
    if (verb === undefined) {
      const name = DECLARATION.exec(statement)?.[1];
      // An overloaded function has several statements.
      if (name !== undefined) declared.set(name, [declared.get(name), statement].filter(Boolean).join('\n'));
      continue;
    }
    for (const name of names.split(',').map((part) => part.replace(/^\s*type /, '').trim())) {
      if (name === '') continue;
      imported.set(
        name,
        from.startsWith('.') ? path.resolve(path.dirname(file), from.replace(/\.ts$/, '.d.ts')) : from,
      );
      if (verb === 'export') reexported.push(name);
    }
  }
  return { declared, imported, reexported };
}

/**
 * Lists what `index.d.ts` of a build exports, with its types, and below that the types which those refer to. A change of
 * the report is a change for those who use the library.
 * @param dist the folder of the build
 */
export function apiReport(dist: string): string {
  const files = new Map<string, Declarations>();
  const read = (file: string): Declarations => {
    const known = files.get(file) ?? readDeclarations(file);
    files.set(file, known);
    return known;
  };
  const index = path.join(dist, 'index.d.ts');
  const { reexported, imported } = read(index);
  const declarations = new Map<string, { readonly text: string; readonly exported: boolean }>();
  const visit = (name: string, file: string): void => {
    if (declarations.has(name)) return;
    const source = read(file);
    const text = source.declared.get(name);
    if (text === undefined) throw new Error(`${file} does not declare ${name}`);
    declarations.set(name, {
      text: text.replace(/^(?:export )?(?:declare )?/gm, ''),
      exported: reexported.includes(name),
    });
    for (const word of new Set(text.replace(/'[^']*'/g, '').match(/\w+/g))) {
      const from = source.imported.get(word);
      if (from?.startsWith('/')) visit(word, from);
      else if (from === undefined && word !== name && source.declared.has(word)) visit(word, file);
    }
  };
  for (const name of reexported) visit(name, imported.get(name) ?? index);
  const list = (exported: boolean): string =>
    [...declarations]
      .filter(([, declaration]) => declaration.exported === exported)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { text }]) => text)
      .join('\n\n');
  return `${[
    'The public API of secondglance, from the declarations of a build. Do not edit: npm run api-report writes it.',
    list(true),
    'Types that the above refer to and that are not exported by name:',
    list(false),
  ].join('\n\n')}\n`;
}
