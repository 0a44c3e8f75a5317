import { useEffect, useState } from 'preact/hooks';
import type { Recaption } from '../../../src/web/api/schemas/cues.ts';
import { api, inWords } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { clockTime } from '../ui/show-time.ts';

interface RecaptionDialogProps {
  readonly id: string;
  /** Seconds. */
  readonly at: number;
  readonly onUse: (text: string) => void;
  readonly onClose: () => void;
}

/** Asks another model, or the same once more with one or two passes, about one moment. Nothing changes until its text is used. */
export function RecaptionDialog({ id, at, onUse, onClose }: RecaptionDialogProps) {
  const [models, setModels] = useState<readonly string[]>([]);
  const [model, setModel] = useState('');
  const [passes, setPasses] = useState<1 | 2>(2);
  const [answer, setAnswer] = useState<Recaption>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    api('GET /models').then(
      (list) => setModels(list.models.filter(({ installed }) => installed).map(({ name }) => name)),
      () => undefined,
    );
  }, []);
  const ask = async (): Promise<void> => {
    setProblem(undefined);
    setAnswer(undefined);
    try {
      const body = { at, passes, ...(model === '' ? {} : { model }) };
      setAnswer(await api('POST /videos/{id}/recaption', { params: { id }, body }));
    } catch (error) {
      setProblem(inWords(error));
    }
  };
  const texts = answer === undefined ? [] : [...new Set([answer.text, answer.draft])].filter(Boolean);
  return (
    <Dialog title={`Ask a model about ${clockTime(at * 1e6)}`} onClose={onClose}>
      <div class="option-fields">
        <label class="field">
          <span>Model</span>
          <select class="input" value={model} onChange={(event) => setModel(event.currentTarget.value)}>
            <option value="">As for the video</option>
            {models.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Passes</span>
          <select
            class="input"
            value={passes}
            onChange={(event) => setPasses(event.currentTarget.value === '1' ? 1 : 2)}
          >
            <option value={2}>Two</option>
            <option value={1}>One</option>
          </select>
        </label>
        <Button icon="retry" label="Ask" look="main" onPress={ask} />
      </div>
      <div aria-live="polite" class="dialog-body">
        {problem !== undefined && (
          <div class="notice bad">
            <div>{problem}</div>
          </div>
        )}
        {answer !== undefined && (
          <p class="small soft">
            {answer.model.name} {answer.model.version}, {Math.round(answer.confidence * 100)} % confident
          </p>
        )}
        {texts.map((text, place) => (
          <div key={text} class="row">
            <p class="grow" dir="auto">
              {text} {place === 1 && <span class="soft small">(draft)</span>}
            </p>
            <Button
              label="Use this text"
              onPress={() => {
                onUse(text);
                onClose();
              }}
            />
          </div>
        ))}
      </div>
      <div class="dialog-end">
        <Button label="Close" onPress={onClose} />
      </div>
    </Dialog>
  );
}
