import { zoneOf } from '../clock/iso-time.ts';
import type { Database } from '../index/database.ts';
import { openTextMatcher, type TextMatcher } from '../index/match-text.ts';
import { alertsOf, parseRules, storedRules } from './alert-rules.ts';
import { type Alerts, isCamera, isWanted } from './alerts.ts';

/** A caption, as rules see it. */
export interface SeenCaption {
  readonly camera: string;
  readonly text: string;
  readonly confidence: number;
  /** Milliseconds since 1970. */
  readonly start: number;
}

/** Finds the rules of an archive that single captions match. A rule that is added or changed counts from the next caption on. */
export class RuleMatcher {
  readonly #db: Database;
  #stored = '[]';
  #rules: readonly { readonly alerts: Alerts; readonly matcher: TextMatcher }[] = [];

  constructor(db: Database) {
    this.#db = db;
  }

  /** The words of the rules that a caption matches, each once. */
  matches(caption: SeenCaption): string[] {
    this.#refresh();
    const found = this.#rules.flatMap(({ alerts, matcher }) =>
      isWanted(caption, alerts) ? matcher.matches(caption.text) : [],
    );
    return [...new Set(found)];
  }

  /** The words of the rules for a camera, each once. */
  wordsFor(camera: string): string[] {
    this.#refresh();
    const words = this.#rules.flatMap(({ alerts }) => (isCamera(camera, alerts.camera) ? alerts.queries : []));
    return [...new Set(words)];
  }

  #refresh(): void {
    const stored = storedRules(this.#db);
    if (stored === this.#stored) return;
    this.close();
    const zone = zoneOf(this.#db);
    this.#rules = parseRules(stored).map((rule) => {
      const alerts = alertsOf(rule, zone);
      return { alerts, matcher: openTextMatcher(alerts.queries, { exact: rule.exact }) };
    });
    this.#stored = stored;
  }

  close(): void {
    for (const { matcher } of this.#rules) matcher.close();
    this.#rules = [];
  }
}
