import type { Signal } from '@preact/signals';
import type { FrameCaption, Video } from '../../../src/web/api/schemas/videos.ts';
import { latestCaptions } from '../state/known-videos.ts';
import { hashOf } from '../state/route.ts';
import { addressOf } from '../state/server.ts';
import { Icon } from '../ui/icon.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { clockTime } from '../ui/show-time.ts';
import { VideoActions } from './video-actions.tsx';
import { progressInWords, shareOf, stateOf } from './video-words.ts';

/** The state of a video as a tag. */
export function StateTag({ video }: { readonly video: Video }) {
  const { words, tone } = stateOf(video);
  return <span class={`tag ${tone}`}>{words}</span>;
}

/** A keyframe with its caption; leads to its time in the player. */
function Thumbnail({ id, caption }: { readonly id: string; readonly caption: FrameCaption }) {
  return (
    <li>
      <a href={hashOf({ view: 'video', id, at: caption.time })}>
        <img
          src={addressOf('GET /videos/{id}/pictures/{index}', { params: { id, index: caption.index } })}
          alt=""
          loading="lazy"
          width="160"
          height="90"
        />
        <span class="strip-words" dir="auto">
          <span class="figures soft">{clockTime(caption.time * 1e6)}</span> {caption.text}
        </span>
      </a>
    </li>
  );
}

function facts({ media, cues, edited, added }: Video): string {
  return [
    media?.duration ? clockTime(media.duration * 1e6) : undefined,
    media ? `${media.width}×${media.height}` : undefined,
    cues > 0 ? `${cues} ${cues === 1 ? 'cue' : 'cues'}` : undefined,
    edited ? 'edited' : undefined,
    new Date(added).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** A video in the list. Only the row of the video that changes is drawn again. */
export function VideoRow({ video: known }: { readonly video: Signal<Video> }) {
  const video = known.value;
  const captions = latestCaptions(video.id).value;
  const busy = video.state === 'running' || video.state === 'paused';
  const [problem] = video.problems;
  return (
    <li class="video card">
      <div class="poster">
        {video.progress.keyframes > 0 ? (
          <img
            src={addressOf('GET /videos/{id}/pictures/{index}', { params: { id: video.id, index: 0 } })}
            alt=""
            loading="lazy"
            width="160"
            height="90"
          />
        ) : (
          <Icon name="film" />
        )}
      </div>
      <div class="video-words">
        <div class="row">
          <a class="grow clip title" dir="auto" href={hashOf({ view: 'video', id: video.id })}>
            {video.name}
          </a>
          <StateTag video={video} />
        </div>
        <p class="small soft figures">{facts(video)}</p>
        {busy && (
          <div class="progress">
            <ProgressBar label={`Progress of ${video.name}`} share={shareOf(video)} />
            <span class="small soft figures">{progressInWords(video)}</span>
          </div>
        )}
        {problem !== undefined && (
          <p class="small problem" dir="auto">
            {problem.message}
            {video.problems.length > 1 && ` (and ${video.problems.length - 1} more)`}
          </p>
        )}
      </div>
      <VideoActions video={video} />
      {busy && captions.length > 0 && (
        <ul class="strip" aria-label={`Latest captions of ${video.name}`}>
          {captions.map((caption) => (
            <Thumbnail key={caption.index} id={video.id} caption={caption} />
          ))}
        </ul>
      )}
    </li>
  );
}
