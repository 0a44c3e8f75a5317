import { useEffect, useState } from 'preact/hooks';
import type { AlertRule, AlertRuleList } from '../../../src/web/api/schemas/cameras.ts';
import { onEvent } from '../state/live-events.ts';
import { api, inWords } from '../state/server.ts';
import { IconButton } from '../ui/button.tsx';
import { attempt } from '../ui/notices.ts';
import { RuleForm } from './rule-form.tsx';

/** A rule in words: where and when. */
function conditionsOf({ camera, hours, exact, minConfidence }: AlertRule): string {
  return [
    camera ?? 'all cameras',
    hours === undefined ? 'at any time' : `from ${hours.replace('-', ' to ')}`,
    `confidence from ${minConfidence}`,
    ...(exact ? ['these words only'] : []),
  ].join(' · ');
}

function RuleRow({ rule, onEdit }: { readonly rule: AlertRule; readonly onEdit: () => void }) {
  const { id, words } = rule;
  return (
    <li class="card rule">
      <div class="grow">
        <strong dir="auto">{words}</strong>
        <p class="small soft" dir="auto">
          {conditionsOf(rule)}
        </p>
      </div>
      <IconButton icon="edit" label={`Change or test the rule ${words}`} onPress={onEdit} />
      <IconButton
        icon="trash"
        label={`Remove the rule ${words}`}
        onPress={() => attempt(() => api('DELETE /alert-rules/{id}', { params: { id } }))}
      />
    </li>
  );
}

/** Rules of what `watch` and `live` notify of. */
export function CameraAlertsTab() {
  const [list, setList] = useState<AlertRuleList>();
  const [problem, setProblem] = useState<string>();
  const [edited, setEdited] = useState<string>();
  useEffect(() => {
    const load = (): void => {
      api('GET /alert-rules').then(setList, (error) => setProblem(inWords(error)));
    };
    load();
    const stop = [
      onEvent('alert-rules', ({ rules }) => setList((before) => before && { ...before, rules })),
      onEvent('reset', load),
    ];
    return () => {
      for (const end of stop) end();
    };
  }, []);
  return (
    <div class="stack">
      <p class="soft">
        The commands watch and live notify of these, besides their own --notify, where they are started with this state
        file and a --webhook or --mqtt.
        {list !== undefined && list.waiting > 0 && ` ${list.waiting} notifications are not delivered yet.`}
      </p>
      {problem !== undefined && (
        <div class="notice bad" role="alert">
          <div>{problem}</div>
        </div>
      )}
      <ul class="rules" aria-label="Rules">
        {list?.rules.map((rule) =>
          rule.id === edited ? (
            <li key={rule.id}>
              <RuleForm rule={rule} onSaved={() => setEdited(undefined)} onCancel={() => setEdited(undefined)} />
            </li>
          ) : (
            <RuleRow key={rule.id} rule={rule} onEdit={() => setEdited(rule.id)} />
          ),
        )}
      </ul>
      {list !== undefined && <RuleForm onSaved={() => undefined} />}
    </div>
  );
}
