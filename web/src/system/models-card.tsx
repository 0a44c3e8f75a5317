import { useEffect, useState } from 'preact/hooks';
import type { Model } from '../../../src/web/api/schemas/system.ts';
import { rememberJob } from '../state/known-jobs.ts';
import { onEvent } from '../state/live-events.ts';
import { api, inWords } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { attempt, notify } from '../ui/notices.ts';
import { sizeInWords } from '../ui/show-time.ts';

function ModelRow({ model, onPull }: { readonly model: Model; readonly onPull: () => void }) {
  const { name, installed, bundled, goodAt, languages, licence, download, memoryMB, quality } = model;
  const facts = [
    licence,
    languages.join(', '),
    download > 0 ? sizeInWords(download) : undefined,
    memoryMB === null ? undefined : `${sizeInWords(memoryMB * 1e6)} of memory`,
  ].filter(Boolean);
  return (
    <li class="model">
      <div class="grow">
        <strong>{name}</strong>
        <p>{goodAt}</p>
        <p class="small soft">{quality}</p>
        <p class="small soft">{facts.join(' · ')}</p>
      </div>
      {installed ? (
        <span class="tag good">{bundled ? 'Included' : 'Installed'}</span>
      ) : (
        <Button icon="download" label="Download" onPress={onPull}>
          <span class="unseen">{name}</span>
        </Button>
      )}
    </li>
  );
}

/** The models that are installed, and those that can be. */
export function ModelsCard() {
  const [models, setModels] = useState<readonly Model[]>([]);
  const [problem, setProblem] = useState<string>();
  const [asked, setAsked] = useState<Model>();
  useEffect(() => {
    const load = (): void => {
      api('GET /models').then(
        (list) => setModels(list.models),
        (error) => setProblem(inWords(error)),
      );
    };
    load();
    return onEvent('job', ({ job }) => {
      if (job.kind === 'pull' && job.state === 'done') load();
    });
  }, []);
  const pull = async ({ name }: Model): Promise<void> => {
    setAsked(undefined);
    await attempt(async () => {
      rememberJob(await api('POST /models/{name}/pull', { params: { name }, body: { acceptLicence: true } }));
      notify(`${name} is being downloaded.`);
    });
  };
  return (
    <section class="card panel" aria-labelledby="models-head">
      <h2 id="models-head">Models</h2>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <ul class="models">
        {models.map((model) => (
          <ModelRow key={model.name} model={model} onPull={() => setAsked(model)} />
        ))}
      </ul>
      {asked !== undefined && (
        <Dialog title={`Download ${asked.name}?`} onClose={() => setAsked(undefined)}>
          <p>
            {asked.download > 0 && `It has ${sizeInWords(asked.download)}. `}Its licence:{' '}
            <strong>{asked.licence}</strong>.
          </p>
          <div class="dialog-end">
            <Button label="Cancel" onPress={() => setAsked(undefined)} />
            <Button icon="download" label="Accept the licence and download" look="main" onPress={() => pull(asked)} />
          </div>
        </Dialog>
      )}
    </section>
  );
}
