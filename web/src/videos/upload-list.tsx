import { IconButton } from '../ui/button.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { sizeInWords } from '../ui/show-time.ts';
import { cancelUpload, type FileUpload, forgetUpload, pauseUpload, resumeUpload, uploads } from './file-uploads.ts';

function UploadRow({ upload: { id, name, size, sent, state, problem } }: { readonly upload: FileUpload }) {
  return (
    <li class="upload card">
      <div class="row">
        <strong class="grow clip" dir="auto">
          {name}
        </strong>
        <span class="small soft figures">
          {sizeInWords(sent)} of {sizeInWords(size)}
        </span>
        {state === 'sending' && (
          <IconButton icon="pause" label={`Pause the upload of ${name}`} onPress={() => pauseUpload(id)} />
        )}
        {state === 'paused' && (
          <IconButton icon="play" label={`Resume the upload of ${name}`} onPress={() => resumeUpload(id)} />
        )}
        {state === 'failed' && (
          <IconButton icon="retry" label={`Try to upload ${name} again`} onPress={() => resumeUpload(id)} />
        )}
        {state === 'failed' || state === 'refused' ? (
          <IconButton icon="close" label={`Dismiss ${name}`} onPress={() => forgetUpload(id)} />
        ) : (
          <IconButton icon="close" label={`Cancel the upload of ${name}`} onPress={() => cancelUpload(id)} />
        )}
      </div>
      <ProgressBar label={`Upload of ${name}`} share={size === 0 ? 0 : sent / size} />
      {problem !== undefined && (
        <p class="small problem" role="alert" dir="auto">
          {problem}
        </p>
      )}
    </li>
  );
}

/** Uploads that are not finished. */
export function UploadList() {
  if (uploads.value.length === 0) return null;
  return (
    <section aria-label="Uploads">
      <ul class="uploads">
        {uploads.value.map((upload) => (
          <UploadRow key={upload.id} upload={upload} />
        ))}
      </ul>
    </section>
  );
}
