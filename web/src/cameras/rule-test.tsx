import type { RuleTest } from '../../../src/web/api/schemas/cameras.ts';
import { SightingCard } from './sighting-card.tsx';

const NAMES = { webhook: 'webhook', mqtt: 'MQTT broker' } as const;

/** What a rule would have notified of, and whether a message arrived. */
export function RuleTestResult({ test: { matches, sightings, deliveries } }: { readonly test: RuleTest }) {
  return (
    <div class="stack" role="status">
      <p>
        {matches === 0
          ? 'Nothing in the last seven days matches.'
          : `${matches} ${matches === 1 ? 'moment' : 'moments'} with movement in the last seven days ${matches === 1 ? 'matches' : 'match'}.`}
      </p>
      {deliveries.map(({ destination, accepted, reason }) => (
        <div key={destination} class={accepted ? 'notice' : 'notice bad'}>
          <div dir="auto">
            {accepted ? `The ${NAMES[destination]} accepted a test message.` : `No test message was sent: ${reason}`}
          </div>
        </div>
      ))}
      {deliveries.length === 0 && (
        <p class="small soft">
          No message was sent: start secondglance serve with --webhook or --mqtt to try that as well.
        </p>
      )}
      <ul class="sightings">
        {sightings.map((sighting) => (
          <li key={sighting.id}>
            <SightingCard sighting={sighting} />
          </li>
        ))}
      </ul>
    </div>
  );
}
