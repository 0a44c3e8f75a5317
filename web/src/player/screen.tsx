import { type ReadonlySignal, type Signal, useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { jobsOf, rememberJob } from '../state/known-jobs.ts';
import { addressOf, api } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { attempt } from '../ui/notices.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { type ShownCue, showCues } from './show-cues.ts';

interface ScreenProps {
  readonly video: Video;
  readonly player: RefObject<HTMLVideoElement | null>;
  /** Cues to show; they may change while the video plays. */
  readonly cues: ReadonlySignal<readonly ShownCue[]>;
  /** Seconds; set as the video plays. */
  readonly time: Signal<number>;
  /** Where to begin, in seconds. */
  readonly at?: number | undefined;
}

/** Offers to make a copy that browsers play, and says how far it is. */
function ProxyOffer({ video }: { readonly video: Video }) {
  const { id, media } = video;
  const job = jobsOf(id).find(({ kind }) => kind === 'proxy');
  const working = job?.state === 'queued' || job?.state === 'running';
  const make = (): Promise<boolean> =>
    attempt(async () =>
      rememberJob(await api('POST /videos/{id}/renders', { params: { id }, body: { kind: 'proxy' } })),
    );
  return (
    <div class="no-picture">
      <p>
        This browser does not play the file{media === undefined ? '' : ` (${media.codec} in ${media.container})`}. A
        smaller copy that it plays can be made.
      </p>
      {working ? (
        <ProgressBar label="Making a copy for browsers" share={job.progress} />
      ) : (
        <Button icon="film" label="Make a copy for browsers" onPress={make} />
      )}
      {job?.problem !== undefined && (
        <p class="problem small" role="alert">
          {job.problem.message}
        </p>
      )}
    </div>
  );
}

/** The video, with its track as it grows or is edited. */
export function Screen({ video, player, cues, time, at }: ScreenProps) {
  const track = useRef<TextTrack>(null);
  const [failed, setFailed] = useState<string>();
  const { id, media, proxy } = video;
  const source = addressOf(proxy ? 'GET /videos/{id}/proxy' : 'GET /videos/{id}/media', { params: { id } });
  const playable = (proxy || media?.type !== undefined) && failed !== source;
  useEffect(() => {
    const element = player.current;
    if (element === null) return;
    track.current = element.addTextTrack('captions', 'Captions', video.options.language ?? 'en');
    track.current.mode = 'showing';
    showCues(track.current, cues.value);
    if (at !== undefined) element.currentTime = at;
    return () => {
      track.current = null;
    };
  }, [playable, source]);
  useSignalEffect(() => {
    const wanted = cues.value;
    if (track.current !== null) showCues(track.current, wanted);
  });
  if (media === undefined) return <div class="no-picture soft">The video is shown here once it has been opened.</div>;
  if (!playable) return <ProxyOffer video={video} />;
  const follow = ({ currentTarget }: { readonly currentTarget: HTMLVideoElement }): void => {
    time.value = currentTarget.currentTime;
  };
  return (
    // biome-ignore lint/a11y/useMediaCaption: its track is added as a TextTrack, since it grows while it plays
    <video
      key={source}
      ref={player}
      class="screen"
      src={source}
      controls
      playsInline
      preload="metadata"
      aria-label={video.name}
      onTimeUpdate={follow}
      onSeeking={follow}
      onError={() => setFailed(source)}
    />
  );
}
