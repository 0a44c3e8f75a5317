import type { ImageSpec, Keyframe } from '../../core/types.ts';
import { pilResize } from '../hub/pil-resize.ts';
import { cutRegion, type RawPicture } from '../regions/detail-regions.ts';

const FILTERS = { bilinear: 'bilinear', bicubic: 'bicubic', lanczos: 'lanczos', area: 'box' } as const;

function resize(picture: RawPicture, width: number, height: number, filter: ImageSpec['filter']): RawPicture {
  return pilResize(picture, Math.max(1, Math.round(width)), Math.max(1, Math.round(height)), FILTERS[filter]);
}

/** The middle of a picture, `width` by `height`. */
function centre(picture: RawPicture, width: number, height: number): RawPicture {
  const left = Math.floor((picture.width - width) / 2);
  const top = Math.floor((picture.height - height) / 2);
  return cutRegion(picture, {
    x: left / picture.width,
    y: top / picture.height,
    width: width / picture.width,
    height: height / picture.height,
  });
}

/** A keyframe as a model with another picture format takes it: what ffmpeg does for {@link ImageSpec}, from a larger frame. */
export function scaleKeyframe(keyframe: Keyframe, image: ImageSpec): Keyframe {
  const { width, height } = keyframe;
  let picture: RawPicture = keyframe;
  if (image.resize === 'stretch') picture = resize(keyframe, image.width, image.height, image.filter);
  else if (image.resize === 'fit') {
    const factor = Math.min(1, image.width / width, image.height / height);
    picture = resize(keyframe, width * factor, height * factor, image.filter);
  } else {
    const factor = Math.max(image.width / width, image.height / height);
    const covering = resize(
      keyframe,
      Math.max(image.width, width * factor),
      Math.max(image.height, height * factor),
      image.filter,
    );
    picture = centre(covering, image.width, image.height);
  }
  return { ...keyframe, width: picture.width, height: picture.height, pixels: picture.pixels };
}
