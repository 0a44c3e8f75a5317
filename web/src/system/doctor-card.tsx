import { useState } from 'preact/hooks';
import type { Checks } from '../../../src/web/api/schemas/system.ts';
import { api } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { attempt } from '../ui/notices.ts';

const STATES = { ok: ['OK', 'good'], warn: ['Attention', 'warn'], fail: ['Problem', 'bad'] } as const;

/** What `secondglance doctor` finds; it takes some seconds, so it is asked for. */
export function DoctorCard() {
  const [checks, setChecks] = useState<Checks>();
  return (
    <section class="card panel" aria-labelledby="doctor-head">
      <div class="row">
        <h2 id="doctor-head" class="grow">
          Installation
        </h2>
        <Button
          icon="search"
          label="Check"
          onPress={() => attempt(async () => setChecks(await api('GET /system/checks')))}
        />
      </div>
      {checks === undefined ? (
        <p class="soft">Checks ffmpeg, the model and the disk, as the doctor command does.</p>
      ) : (
        <ul class="checks" aria-live="polite">
          {checks.findings.map(({ name, state, message }) => (
            <li key={name + message}>
              <span class={`tag ${STATES[state][1]}`}>{STATES[state][0]}</span>
              <div>
                <strong>{name}</strong>
                <p class="small soft">{message}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
