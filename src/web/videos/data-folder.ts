import path from 'node:path';

/** Where the server keeps what. */
export class DataFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get database(): string {
    return path.join(this.root, 'videos.sqlite');
  }

  get uploads(): string {
    return path.join(this.root, 'uploads');
  }

  get jobs(): string {
    return path.join(this.root, 'jobs');
  }

  /** Clips of what cameras saw. They can be made again. */
  get clips(): string {
    return path.join(this.root, 'clips');
  }

  /** Everything that belongs to a video. */
  video(id: string): string {
    return path.join(this.root, 'videos', id);
  }

  /** An uploaded video. Its name does not depend on what the client says. */
  upload(id: string): string {
    return path.join(this.video(id), 'upload');
  }

  /** The journal and the output manifest of its runs. */
  state(id: string): string {
    return path.join(this.video(id), 'state');
  }

  /** The track as the model wrote it. */
  track(id: string, extension: 'vtt' | 'json'): string {
    return path.join(this.video(id), `${id}.${extension}`);
  }

  /** The cues as a person left them, beside the track. */
  edits(id: string): string {
    return path.join(this.video(id), `${id}.edits.json`);
  }

  /** The guide: its steps.json and pictures. */
  guide(id: string): string {
    return path.join(this.video(id), 'guide');
  }

  picture(id: string, index: number): string {
    return path.join(this.video(id), 'pictures', `${index}.jpg`);
  }

  proxy(id: string): string {
    return path.join(this.video(id), 'proxy.mp4');
  }
}
