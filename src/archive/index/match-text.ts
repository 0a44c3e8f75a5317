import type { QueryOptions } from './query.ts';
import { toMatch } from './query.ts';
import { SafeDatabase } from './safe-database.ts';

/** Finds queries that single texts match, by the rules by which `search` finds cues. */
export interface TextMatcher {
  /** The queries that a text matches, in their order. */
  matches(text: string): string[];
  close(): void;
}

/** How texts are matched. They have no camera, so none can be asked for. */
export interface TextMatchOptions extends QueryOptions {
  readonly camera?: never;
}

/** Throws `nothing-to-search` for a query without words. */
export function openTextMatcher(queries: readonly string[], { exact }: TextMatchOptions): TextMatcher {
  const asked = queries.map((query) => ({ query, match: toMatch(query, { exact }) }));
  const db = new SafeDatabase(':memory:');
  db.exec(
    `CREATE VIRTUAL TABLE words USING fts5(text, camera, content='', tokenize="porter unicode61 remove_diacritics 2")`,
  );
  const insert = db.prepare('INSERT INTO words (rowid, text) VALUES (1, ?)');
  const find = db.prepare('SELECT rowid FROM words WHERE words MATCH ?');
  const clear = db.prepare("INSERT INTO words (words) VALUES ('delete-all')");
  return {
    matches(text) {
      if (asked.length === 0) return [];
      clear.run();
      insert.run(text);
      return asked.filter(({ match }) => find.get(match) !== undefined).map(({ query }) => query);
    },
    close: () => db.close(),
  };
}
