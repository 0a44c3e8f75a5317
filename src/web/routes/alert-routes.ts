import type { z } from 'zod';
import { addRule, readRules, removeRule, replaceRule } from '../../archive/alerts/alert-rules.ts';
import { waitingMessages } from '../../archive/alerts/outbox.ts';
import { matchesOf, sendTest } from '../../archive/alerts/try-rule.ts';
import type { OpenArchive } from '../../archive/open-archive.ts';
import type { newAlertRule } from '../api/schemas/cameras.ts';
import { sightingOf } from '../cameras/camera-answers.ts';
import { WebError } from '../errors.ts';
import type { Handlers } from '../http/route-table.ts';
import type { Site } from './site.ts';

type AlertRoutes = Pick<
  Handlers,
  | 'GET /alert-rules'
  | 'POST /alert-rules'
  | 'GET /alert-rules/{id}'
  | 'PUT /alert-rules/{id}'
  | 'DELETE /alert-rules/{id}'
  | 'POST /alert-rule-tests'
>;

const MOST_RULES = 100;
/** Matches that the answer to a test shows. */
const SHOWN_MATCHES = 6;

/** A rule as a request has it, without what is undefined. */
function ruleOf({ camera, hours, id: _, ...rule }: z.output<typeof newAlertRule>) {
  return { ...rule, ...(camera === undefined ? {} : { camera }), ...(hours === undefined ? {} : { hours }) };
}

/** Rules of what `watch` and `live` notify of. */
export function alertRoutes({ archive, hub, transports, signal }: Site): AlertRoutes {
  const publish = ({ db }: OpenArchive): void => hub.publish('alert-rules', { rules: readRules(db) });
  return {
    'GET /alert-rules': () =>
      archive.use(({ db }) => {
        const destinations = transports.map(({ name }) => name);
        return { rules: readRules(db), destinations, waiting: waitingMessages(db) };
      }),
    'POST /alert-rules': ({ body }) =>
      archive.use((open) => {
        if (readRules(open.db).length >= MOST_RULES) {
          throw new WebError('too-many-rules', `there are ${MOST_RULES} alert rules already`);
        }
        const added = addRule(open.db, ruleOf(body));
        publish(open);
        return added;
      }),
    'GET /alert-rules/{id}': ({ params: { id } }) =>
      archive.use(({ db }) => {
        const found = readRules(db).find((rule) => rule.id === id);
        if (found === undefined) throw new WebError('rule-unknown', `there is no alert rule ${id}`);
        return found;
      }),
    'PUT /alert-rules/{id}': ({ params: { id }, body }) =>
      archive.use((open) => {
        const replaced = replaceRule(open.db, id, ruleOf(body));
        if (replaced === undefined) throw new WebError('rule-unknown', `there is no alert rule ${id}`);
        publish(open);
        return replaced;
      }),
    'DELETE /alert-rules/{id}': ({ params: { id } }) =>
      archive.use((open) => {
        if (!removeRule(open.db, id)) throw new WebError('rule-unknown', `there is no alert rule ${id}`);
        publish(open);
      }),
    'POST /alert-rule-tests': ({ body }) =>
      archive.use(async (open) => {
        const [rule, now] = [ruleOf(body), Date.now()];
        const hits = matchesOf(open, rule, now);
        const sent = await sendTest(open, rule, hits, transports, { now, signal });
        return {
          matches: hits.length,
          sightings: hits.slice(0, SHOWN_MATCHES).map((hit) => sightingOf(open, hit)),
          deliveries: sent.map(({ transport: destination, ...delivery }) => ({ destination, ...delivery })),
        };
      }),
  };
}
