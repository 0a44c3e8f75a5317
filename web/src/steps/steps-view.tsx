import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../../src/web/api/client.ts';
import type { ApiGuide } from '../../../src/web/api/schemas/steps.ts';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { onEvent } from '../state/live-events.ts';
import { hashOf } from '../state/route.ts';
import { api, inWords } from '../state/server.ts';
import { useVideo } from '../state/use-video.ts';
import { ViewHead } from '../ui/heading.tsx';
import { Icon } from '../ui/icon.tsx';
import { FindSteps } from './find-steps.tsx';
import { StepEditor } from './step-editor.tsx';

function Guide({ video }: { readonly video: Video }) {
  const { id } = video;
  const [guide, setGuide] = useState<ApiGuide | 'none'>();
  const [problem, setProblem] = useState<string>();
  const [loads, setLoads] = useState(0);
  /** The last revision that the server has told of. */
  const [latest, setLatest] = useState<string>();
  const load = async (): Promise<void> => {
    try {
      const loaded = await api('GET /videos/{id}/steps', { params: { id } });
      setGuide(loaded);
      setLatest(loaded.revision);
      setLoads((before) => before + 1);
      setProblem(undefined);
    } catch (error) {
      if (error instanceof ApiError && error.problem.code === 'not-there') setGuide('none');
      else setProblem(inWords(error));
    }
  };
  useEffect(() => {
    void load();
    return onEvent('steps', (event) => {
      if (event.id === id) setLatest(event.revision);
    });
  }, [id]);
  useEffect(() => {
    // There was nothing that could be lost.
    if (guide === 'none' && latest !== undefined) void load();
  }, [guide, latest]);
  return (
    <>
      {problem !== undefined && (
        <div class="notice bad" role="alert">
          <div>{problem}</div>
        </div>
      )}
      {guide === 'none' && <FindSteps video={video} again={false} />}
      {guide !== undefined && guide !== 'none' && (
        <StepEditor
          key={loads}
          video={video}
          loaded={guide}
          stale={latest !== guide.revision}
          onReload={load}
          onSaved={(saved) => {
            setGuide(saved);
            setLatest(saved.revision);
          }}
        />
      )}
    </>
  );
}

/** The step guide of a video. */
export function StepsView({ id }: { readonly id: string }) {
  const { video, problem } = useVideo(id);
  const back = (
    <a class="button plain icon" href={hashOf({ view: 'video', id })} aria-label="The video" title="The video">
      <Icon name="back" />
    </a>
  );
  const name = video?.value.name;
  return (
    <>
      <ViewHead title={name === undefined ? 'Steps' : `Steps of ${name}`} before={back} />
      {problem !== undefined && (
        <div class="notice bad" role="alert">
          <div>{problem}</div>
        </div>
      )}
      {video !== undefined && problem === undefined && <Guide video={video.value} />}
    </>
  );
}
