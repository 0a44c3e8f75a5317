import { useState } from 'preact/hooks';
import type { AlertRule, RuleTest } from '../../../src/web/api/schemas/cameras.ts';
import { cameras } from '../state/known-cameras.ts';
import { api } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { attempt } from '../ui/notices.ts';
import { RuleTestResult } from './rule-test.tsx';

interface RuleFormProps {
  /** The rule that is changed; absent for a new one. */
  readonly rule?: AlertRule | undefined;
  readonly onSaved: () => void;
  readonly onCancel?: () => void;
}

/** What is typed into the form. */
interface Fields {
  readonly words: string;
  readonly camera: string;
  readonly from: string;
  readonly to: string;
  readonly exact: boolean;
  readonly minConfidence: number;
}

function fieldsOf(rule: AlertRule | undefined): Fields {
  const [from = '', to = ''] = rule?.hours?.split('-').map((time) => time.padStart(5, '0')) ?? [];
  const { words = '', camera = '', exact = false, minConfidence = 0.5 } = rule ?? {};
  return { words, camera, from, to, exact, minConfidence };
}

function ruleOf({ words, camera, from, to, exact, minConfidence }: Fields) {
  return {
    ...{ words: words.trim(), exact, minConfidence },
    ...(camera === '' ? {} : { camera }),
    ...(from === '' || to === '' ? {} : { hours: `${from}-${to}` }),
  };
}

/** Adds or changes an alert rule, and tries it. */
export function RuleForm({ rule, onSaved, onCancel }: RuleFormProps) {
  const [fields, setFields] = useState(() => fieldsOf(rule));
  const [test, setTest] = useState<RuleTest>();
  const change = (part: Partial<Fields>): void => {
    setFields({ ...fields, ...part });
    setTest(undefined);
  };
  const body = ruleOf(fields);
  const save = (): Promise<boolean> =>
    attempt(async () => {
      if (rule === undefined) await api('POST /alert-rules', { body });
      else await api('PUT /alert-rules/{id}', { params: { id: rule.id }, body });
      if (rule === undefined) setFields(fieldsOf(undefined));
      setTest(undefined);
      onSaved();
    });
  const tryOut = (): Promise<boolean> => attempt(async () => setTest(await api('POST /alert-rule-tests', { body })));
  const names = cameras.value?.map(({ name }) => name) ?? [];
  return (
    <form
      class="card panel"
      aria-label={rule === undefined ? 'New rule' : `Rule ${rule.words}`}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{rule === undefined ? 'New rule' : 'Change the rule'}</h2>
      <label class="field">
        <span>
          Words <span class="hint">as in a search: person, "dog near gate"</span>
        </span>
        <input
          class="input"
          required
          maxLength={500}
          value={fields.words}
          onInput={(event) => change({ words: event.currentTarget.value })}
        />
      </label>
      <div class="form-row">
        <label class="field">
          <span>Camera</span>
          <select
            class="input"
            value={fields.camera}
            onChange={(event) => change({ camera: event.currentTarget.value })}
          >
            <option value="">All cameras</option>
            {[...new Set([...names, ...(fields.camera === '' ? [] : [fields.camera])])].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>
            From <span class="hint">time of day</span>
          </span>
          <input
            class="input"
            type="time"
            value={fields.from}
            required={fields.to !== ''}
            onInput={(event) => change({ from: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          <span>To</span>
          <input
            class="input"
            type="time"
            value={fields.to}
            required={fields.from !== ''}
            onInput={(event) => change({ to: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          <span>
            Least confidence <span class="hint">0 to 1</span>
          </span>
          <input
            class="input"
            type="number"
            min="0"
            max="1"
            step="0.05"
            required
            value={fields.minConfidence}
            onInput={(event) => change({ minConfidence: event.currentTarget.valueAsNumber })}
          />
        </label>
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={fields.exact}
          onChange={(event) => change({ exact: event.currentTarget.checked })}
        />
        These words only: person does not match a man
      </label>
      <div class="row">
        <button type="submit" class="button main">
          {rule === undefined ? 'Add the rule' : 'Save'}
        </button>
        <Button label="Test" icon="play" disabled={body.words === ''} onPress={tryOut} />
        {onCancel !== undefined && <Button label="Cancel" onPress={onCancel} />}
      </div>
      {test !== undefined && <RuleTestResult test={test} />}
    </form>
  );
}
