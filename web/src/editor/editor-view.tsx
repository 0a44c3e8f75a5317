import { useEffect } from 'preact/hooks';
import { hashOf } from '../state/route.ts';
import { useVideo } from '../state/use-video.ts';
import { ViewHead } from '../ui/heading.tsx';
import { Icon } from '../ui/icon.tsx';
import { CueEditor } from './cue-editor.tsx';

/** The editor of a video's cues. */
export function EditorView({ id, at }: { readonly id: string; readonly at?: number | undefined }) {
  const { video, problem } = useVideo(id);
  useEffect(() => {
    if (video === undefined) document.title = 'secondglance';
  }, [video]);
  if (video !== undefined && problem === undefined) return <CueEditor video={video.value} at={at} />;
  return (
    <>
      <ViewHead
        title="Edit"
        before={
          <a class="button plain icon" href={hashOf({ view: 'videos' })} aria-label="All videos" title="All videos">
            <Icon name="back" />
          </a>
        }
      />
      {problem !== undefined && (
        <div class="notice bad" role="alert">
          <div>{problem}</div>
        </div>
      )}
    </>
  );
}
