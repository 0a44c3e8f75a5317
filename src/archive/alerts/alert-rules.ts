import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseWindow } from '../clock/time-window.ts';
import { type Database, readFact, writeFact } from '../index/database.ts';
import { toMatch } from '../index/query.ts';
import type { Alerts } from './alerts.ts';

/** Where rules are stored. */
const RULES = 'alert rules';

/** A rule of what users are notified of. */
const ruleSchema = z.object({
  id: z.string(),
  /** As `search` takes them. */
  words: z.string(),
  /** Only what this camera sees. */
  camera: z.string().optional(),
  /** Only at this time of day: `22:00-06:00`, by the clock of the cameras. */
  hours: z.string().optional(),
  /** The words do not stand for kinds. */
  exact: z.boolean(),
  /** Captions of a lower confidence do not count. */
  minConfidence: z.number(),
});
/** A rule of what users are notified of. It is stored in the archive, so that `watch` and `live` follow it besides `--notify`. */
export type AlertRule = z.infer<typeof ruleSchema>;

/** A rule that is not stored (yet). */
export type NewAlertRule = Omit<AlertRule, 'id'>;

/** The rules as they are stored: the same text as before means the same rules. */
export function storedRules(db: Database): string {
  return readFact(db, RULES) ?? '[]';
}

/** Reads what {@link storedRules} returns. */
export function parseRules(stored: string): AlertRule[] {
  return z.array(ruleSchema).parse(JSON.parse(stored));
}

/** The rules, oldest first. */
export function readRules(db: Database): AlertRule[] {
  return parseRules(storedRules(db));
}

/** Checks a rule. Throws `nothing-to-search`, `bad-time`. */
export function checkRule({ words, hours }: NewAlertRule): void {
  toMatch(words);
  if (hours !== undefined) parseWindow(hours);
}

function changeRules<T>(
  db: Database,
  change: (rules: AlertRule[]) => { readonly rules: AlertRule[]; readonly result: T },
): T {
  return db
    .transaction(() => {
      const { rules, result } = change(readRules(db));
      writeFact(db, RULES, JSON.stringify(rules));
      return result;
    })
    .immediate();
}

/** Adds a rule. Throws `nothing-to-search`, `bad-time`. */
export function addRule(db: Database, rule: NewAlertRule): AlertRule {
  checkRule(rule);
  const added = { ...rule, id: `r${randomBytes(6).toString('hex')}` };
  return changeRules(db, (rules) => ({ rules: [...rules, added], result: added }));
}

/** Puts another rule in the place of one; undefined where there is none with this id. Throws `nothing-to-search`, `bad-time`. */
export function replaceRule(db: Database, id: string, rule: NewAlertRule): AlertRule | undefined {
  checkRule(rule);
  const replaced = { ...rule, id };
  return changeRules(db, (rules) => ({
    rules: rules.map((each) => (each.id === id ? replaced : each)),
    result: rules.some((each) => each.id === id) ? replaced : undefined,
  }));
}

/** Removes a rule. False where there is none with this id. */
export function removeRule(db: Database, id: string): boolean {
  return changeRules(db, (rules) => {
    const rest = rules.filter((each) => each.id !== id);
    return { rules: rest, result: rest.length < rules.length };
  });
}

/** What a rule asks for. `zone`: that of the cameras, as IANA names it. */
export function alertsOf({ words, camera, hours, exact, minConfidence }: NewAlertRule, zone: string): Alerts {
  return {
    ...{ queries: [words], exact, minConfidence, zone },
    ...(hours === undefined ? {} : { window: parseWindow(hours) }),
    ...(camera === undefined ? {} : { camera }),
  };
}
