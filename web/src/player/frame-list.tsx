import { useEffect, useState } from 'preact/hooks';
import type { FrameCaption } from '../../../src/web/api/schemas/videos.ts';
import { addressOf, inWords } from '../state/server.ts';
import { Button } from '../ui/button.tsx';
import { notify } from '../ui/notices.ts';
import { clockTime } from '../ui/show-time.ts';
import { Explanation } from './explanation.tsx';
import { openCaptions } from './frame-captions.ts';

interface FrameListProps {
  readonly id: string;
  readonly onSeek: (seconds: number) => void;
}

/** What is known of a caption beside its text. */
function Judgement({ caption }: { readonly caption: FrameCaption }) {
  if (caption.error !== undefined) return <p class="problem small">{caption.error.message}</p>;
  if (caption.nothingVisible === true) return <p class="soft small">Nothing can be seen in this frame.</p>;
  const percent = Math.round(caption.confidence * 100);
  return (
    <>
      {caption.passes === 2 && (
        <p class="soft small" dir="auto">
          {caption.draft === caption.text ? 'The draft was the same.' : `Draft: ${caption.draft}`}
        </p>
      )}
      <p class="confidence small soft">
        <meter min={0} max={100} low={40} high={60} optimum={100} value={percent} aria-label="Confidence" />
        {percent} % confident
      </p>
    </>
  );
}

/** All keyframes with their captions, drafts and confidence. */
export function FrameList({ id, onSeek }: FrameListProps) {
  const [store] = useState(() => openCaptions(id));
  const [explained, setExplained] = useState<FrameCaption>();
  useEffect(() => {
    store.load().catch((error) => notify(inWords(error), 'bad'));
    return store.close;
  }, []);
  const captions = store.captions.value;
  return (
    <section aria-label="Keyframes">
      <ul class="frames">
        {captions.map((caption) => {
          const at = clockTime(caption.time * 1e6);
          return (
            <li key={caption.index} class="card frame">
              <button
                type="button"
                class="frame-picture"
                aria-label={`Go to ${at}`}
                onClick={() => onSeek(caption.time)}
              >
                <img
                  src={addressOf('GET /videos/{id}/pictures/{index}', { params: { id, index: caption.index } })}
                  alt=""
                  loading="lazy"
                  width="240"
                  height="135"
                />
                <span class="figures">{at}</span>
              </button>
              <div class="frame-words">
                <p dir="auto">{caption.text}</p>
                <Judgement caption={caption} />
                {caption.text !== '' && (
                  <Button icon="eye" label="Where it looked" look="plain" onPress={() => setExplained(caption)}>
                    <span class="unseen">at {at}</span>
                  </Button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
      {captions.length === 0 && <p class="empty">No keyframe has a caption yet.</p>}
      {explained !== undefined && (
        <Explanation id={id} at={explained.time} text={explained.text} onClose={() => setExplained(undefined)} />
      )}
    </section>
  );
}
