import { signal } from '@preact/signals';
import type { Camera } from '../../../src/web/api/schemas/cameras.ts';
import { onEvent } from './live-events.ts';
import { api, inWords } from './server.ts';

/** All cameras, by name; undefined until they are loaded. */
export const cameras = signal<readonly Camera[] | undefined>(undefined);

/** Why cameras cannot be shown. */
export const camerasProblem = signal<string | undefined>(undefined);

function remember(camera: Camera): void {
  const others = (cameras.value ?? []).filter(({ name }) => name !== camera.name);
  cameras.value = [...others, camera].sort((a, b) => (a.name < b.name ? -1 : 1));
  camerasProblem.value = undefined;
}

/** Loads the cameras. */
export async function loadCameras(): Promise<void> {
  try {
    cameras.value = (await api('GET /cameras')).cameras;
    camerasProblem.value = undefined;
  } catch (error) {
    camerasProblem.value = inWords(error);
  }
}

/** Keeps the cameras up to date once they are asked for. */
export function followCameras(): void {
  onEvent('camera', ({ camera }) => remember(camera));
  onEvent('reset', () => {
    if (cameras.value !== undefined) void loadCameras();
  });
}
