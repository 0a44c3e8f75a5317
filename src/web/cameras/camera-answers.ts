import { cameraStatuses } from '../../archive/cameras/camera-status.ts';
import { formatIso } from '../../archive/clock/iso-time.ts';
import { formatLocal } from '../../archive/clock/time-zone.ts';
import { isLivePath } from '../../archive/index/live-cues.ts';
import type { Hit } from '../../archive/index/search-cues.ts';
import { type OpenArchive, pictureOf } from '../../archive/open-archive.ts';
import { axisOf, formatHour } from '../../archive/report/axis.ts';
import { daySpan } from '../../archive/report/make-report.ts';
import { gatherReport } from '../../archive/report/report.ts';
import { barsOf, marksOf } from '../../archive/report/timeline.ts';
import type { Camera, CameraDay, Sighting } from '../api/schemas/cameras.ts';

/** Moments of one camera and day that are listed. */
const MOST_SEEN = 300;

/** Something that a camera saw, as the API shows it. */
export function sightingOf({ file: stateFile, zone }: OpenArchive, hit: Hit): Sighting {
  const { id, camera, start, end, text, confidence, moving, file } = hit;
  return {
    ...{ id, camera, time: formatIso(start, zone), end: formatIso(end, zone), text, confidence, moving },
    picture: pictureOf(stateFile, hit) !== undefined,
    ...(isLivePath(file) ? {} : { file }),
  };
}

/** How all cameras are doing, as the API shows it. */
export function camerasOf(archive: OpenArchive, now: number): Camera[] {
  const { db, zone } = archive;
  return cameraStatuses(db, now).map(({ name, state, since, reason, waiting, failed, latest }) => ({
    ...{ name, state, waiting, failed },
    ...(since === undefined ? {} : { since: formatIso(since, zone) }),
    ...(reason === undefined ? {} : { reason }),
    ...(latest === undefined ? {} : { latest: sightingOf(archive, latest) }),
  }));
}

/** What the cameras recorded and saw on a day, as the API shows it. Throws a UsageError for a day that is none. */
export function dayOf(archive: OpenArchive, date: string, now: number): CameraDay {
  const { db, zone } = archive;
  const span = { ...daySpan(date, zone, now), zone };
  const shareOf = (time: number): number => {
    const share = (time - span.since) / (span.until - span.since);
    return Math.round(Math.min(1, Math.max(0, share)) * 1e5) / 1e5;
  };
  return {
    date: formatLocal(span.since, zone).slice(0, 10),
    zone,
    hours: axisOf(span).map((at) => ({ at: shareOf(at), label: formatHour(at, zone) })),
    cameras: gatherReport(db, span.since, span.until).cameras.map((camera) => ({
      name: camera.name,
      recordings: camera.recordings.length,
      moments: camera.moments.length,
      bars: barsOf(camera, span).map(({ from, to, state }) => ({ from: shareOf(from), to: shareOf(to), state })),
      marks: marksOf(camera, span).map(({ start }) => shareOf(start)),
      seen: camera.moments.slice(0, MOST_SEEN).map(({ start, times, hit }) => {
        return { at: shareOf(start), times, sighting: sightingOf(archive, hit) };
      }),
    })),
  };
}
