import { useEffect, useRef } from 'preact/hooks';
import { rememberJob } from '../state/known-jobs.ts';
import { addressOf, api } from '../state/server.ts';
import { Icon } from '../ui/icon.tsx';
import { attempt, notify } from '../ui/notices.ts';

const FORMATS = [
  ['vtt', 'WebVTT (.vtt)'],
  ['srt', 'SubRip (.srt)'],
  ['ttml', 'TTML (.ttml)'],
  ['ass', 'Advanced SubStation (.ass)'],
  ['txt', 'Plain text (.txt)'],
  ['json', 'JSON with drafts (.json)'],
] as const;

const COPIES = [
  ['mux', 'mp4', 'MP4 with the track in it'],
  ['mux', 'mkv', 'MKV with the track in it'],
  ['burn', 'mp4', 'MP4 with burnt-in captions'],
] as const;

/** Exports the track in every format, and the video with its track. */
export function ExportMenu({ id }: { readonly id: string }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = (): void => {
    if (menu.current !== null) menu.current.open = false;
  };
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    document.addEventListener(
      'click',
      ({ target }) => {
        if (menu.current?.contains(target as Node) === false) close();
      },
      { signal },
    );
    menu.current?.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape') return;
        close();
        menu.current?.querySelector('summary')?.focus();
      },
      { signal },
    );
    return () => listeners.abort();
  }, []);
  const make = async (kind: 'mux' | 'burn', container: 'mp4' | 'mkv'): Promise<void> => {
    close();
    await attempt(async () => {
      rememberJob(await api('POST /videos/{id}/renders', { params: { id }, body: { kind, container } }));
      notify('The copy is being made. It is offered below the video once it is done.');
    });
  };
  return (
    <details class="menu" ref={menu}>
      <summary class="button">
        <Icon name="download" />
        Export
      </summary>
      <div>
        {FORMATS.map(([format, words]) => (
          <a
            key={format}
            href={addressOf('GET /videos/{id}/track', { params: { id }, query: { format } })}
            download
            onClick={close}
          >
            {words}
          </a>
        ))}
        <hr />
        {COPIES.map(([kind, container, words]) => (
          <button key={words} type="button" onClick={() => make(kind, container)}>
            {words}
          </button>
        ))}
      </div>
    </details>
  );
}
