import { Button } from '../ui/button.tsx';
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
          <Button
            icon="pause"
            label={`Pause the upload of ${name}`}
            iconOnly
            look="plain"
            onPress={() => pauseUpload(id)}
          />
        )}
        {state === 'paused' && (
          <Button
            icon="play"
            label={`Resume the upload of ${name}`}
            iconOnly
            look="plain"
            onPress={() => resumeUpload(id)}
          />
        )}
        {state === 'failed' && (
          <Button
            icon="retry"
            label={`Try to upload ${name} again`}
            iconOnly
            look="plain"
            onPress={() => resumeUpload(id)}
          />
        )}
        {state === 'failed' || state === 'refused' ? (
          <Button icon="close" label={`Dismiss ${name}`} iconOnly look="plain" onPress={() => forgetUpload(id)} />
        ) : (
          <Button
            icon="close"
            label={`Cancel the upload of ${name}`}
            iconOnly
            look="plain"
            onPress={() => cancelUpload(id)}
          />
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
