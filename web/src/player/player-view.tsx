import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { jobsOf } from '../state/known-jobs.ts';
import { hashOf } from '../state/route.ts';
import { useVideo } from '../state/use-video.ts';
import { Button } from '../ui/button.tsx';
import { ViewHead } from '../ui/heading.tsx';
import { Icon } from '../ui/icon.tsx';
import { JobList } from '../ui/job-list.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { clockTime } from '../ui/show-time.ts';
import { VideoActions } from '../videos/video-actions.tsx';
import { StateTag } from '../videos/video-row.tsx';
import { progressInWords, shareOf } from '../videos/video-words.ts';
import { ExportMenu } from './export-menu.tsx';
import { FrameList } from './frame-list.tsx';
import { openTrack } from './growing-track.ts';
import { Screen } from './screen.tsx';
import { Transcript } from './transcript.tsx';

/** What there is to know of a video. */
function Facts({ video }: { readonly video: Video }) {
  const { media, model, source, cues, progress, options } = video;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Source', source.label],
    ['Length', media?.duration ? clockTime(media.duration * 1e6) : undefined],
    ['Picture', media ? `${media.width}×${media.height}, ${media.codec}` : undefined],
    ['Model', model ? `${model.name} ${model.version}` : options.model],
    ['Keyframes', String(progress.keyframes)],
    ['Cues', String(cues)],
  ];
  return (
    <dl class="facts small">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt class="soft">{name}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

interface WatchProps {
  readonly video: Video;
  readonly at?: number | undefined;
}

function Watch({ video, at }: WatchProps) {
  const player = useRef<HTMLVideoElement>(null);
  const time = useSignal(at ?? 0);
  const [track] = useState(() => openTrack(video.id));
  const [details, setDetails] = useState(false);
  useEffect(() => {
    void track.load();
    return track.close;
  }, []);
  const busy = video.state === 'running' || video.state === 'queued' || video.state === 'paused';
  const seek = (seconds: number): void => {
    time.value = seconds;
    // A little after the start, so that rounding does not land in the cue before.
    if (player.current !== null) player.current.currentTime = seconds + 0.001;
  };
  return (
    <div class="stack">
      <div class="watch">
        <div class="stack">
          <Screen video={video} player={player} cues={track.cues} time={time} at={at} />
          {busy && (
            <div class="progress">
              <ProgressBar label="Progress" share={shareOf(video)} />
              <span class="small soft figures">{progressInWords(video)}</span>
            </div>
          )}
          {video.problems.map(({ code, message }) => (
            <div key={code + message} class="notice bad">
              <div dir="auto">{message}</div>
            </div>
          ))}
          {track.problem.value !== undefined && (
            <div class="notice bad" role="alert">
              <div>{track.problem.value}</div>
            </div>
          )}
          <JobList jobs={jobsOf(video.id)} named={false} />
          <Facts video={video} />
        </div>
        <Transcript cues={track.cues} time={time} onSeek={seek} growing={busy} />
      </div>
      <div class="row">
        <Button
          icon="eye"
          label="Keyframes, drafts and confidence"
          pressed={details}
          onPress={() => setDetails(!details)}
        />
      </div>
      {details && <FrameList id={video.id} onSeek={seek} />}
    </div>
  );
}

/** The player: the video with its track, and the transcript beside it. */
export function PlayerView({ id, at }: { readonly id: string; readonly at?: number | undefined }) {
  const { video, problem } = useVideo(id);
  const back = (
    <a class="button plain icon" href={hashOf({ view: 'videos' })} aria-label="All videos" title="All videos">
      <Icon name="back" />
    </a>
  );
  if (video === undefined || problem !== undefined) {
    return (
      <>
        <ViewHead title="Video" before={back} />
        {problem !== undefined && (
          <div class="notice bad" role="alert">
            <div>{problem}</div>
          </div>
        )}
      </>
    );
  }
  const leave = (): void => {
    location.hash = hashOf({ view: 'videos' });
  };
  return (
    <>
      <ViewHead title={video.value.name} before={back}>
        <StateTag video={video.value} />
        <VideoActions video={video.value} onRemoved={leave} />
        <a class="button" href={hashOf({ view: 'edit', id })}>
          <Icon name="edit" />
          Edit
        </a>
        <a class="button" href={hashOf({ view: 'steps', id })}>
          <Icon name="report" />
          Steps
        </a>
        <ExportMenu id={id} />
      </ViewHead>
      <Watch video={video.value} at={at} />
    </>
  );
}
