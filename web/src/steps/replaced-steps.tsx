import { useEffect, useState } from 'preact/hooks';
import type { ReplacedSteps } from '../../../src/web/api/schemas/steps.ts';
import { api, inWords } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import type { EditedGuide } from './edit-steps.ts';

interface ReplacedStepsProps {
  readonly id: string;
  readonly onUse: (guide: EditedGuide) => void;
}

const WHEN: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' };

/** Edited steps that were replaced when the steps were found again. */
export function ReplacedStepsCard({ id, onUse }: ReplacedStepsProps) {
  const [guides, setGuides] = useState<readonly ReplacedSteps[]>([]);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    api('GET /videos/{id}/steps/replaced', { params: { id } }).then(
      (list) => setGuides(list.guides),
      (error) => setProblem(inWords(error)),
    );
  }, []);
  if (problem !== undefined) {
    return (
      <div class="notice bad" role="alert">
        <div>{problem}</div>
      </div>
    );
  }
  if (guides.length === 0) return null;
  return (
    <section class="card panel" aria-label="Replaced steps">
      <p>Steps with your changes, from before the steps were found again:</p>
      <ul class="stack plain-set">
        {guides.map(({ replaced, title, steps }) => (
          <li key={replaced} class="row">
            <span class="grow" dir="auto">
              {title}{' '}
              <span class="small soft">
                {steps.length === 1 ? '1 step' : `${steps.length} steps`}, replaced{' '}
                {new Date(replaced).toLocaleString(undefined, WHEN)}
              </span>
            </span>
            <Button icon="undo" label="Bring back" onPress={() => onUse({ title, steps })}>
              <span class="unseen">the steps that were replaced {new Date(replaced).toLocaleString()}</span>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
