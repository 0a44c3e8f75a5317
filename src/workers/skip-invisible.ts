import type { Caption, Group } from '../core/types.ts';
import type { Captioner, CaptionModel } from './captioner.ts';
import { isAnythingVisible } from './visibility.ts';

/** Captions only those keyframes on which anything is visible; the others get `nothingVisible` and no text. */
function skipInvisible(captioner: Captioner): Captioner {
  const { model, runtime, image, concurrency } = captioner;
  return {
    ...{ model, runtime, image, concurrency },
    open: () => captioner.open(),
    close: () => captioner.close(),
    async caption(group, options, signal) {
      const visible = group.keyframes.filter(isAnythingVisible);
      if (visible.length === group.keyframes.length) return captioner.caption(group, options, signal);
      const written = visible.length === 0 ? [] : await captioner.caption(partOf(group, visible), options, signal);
      const captions = new Map(written.map((caption) => [caption.index, caption]));
      return group.keyframes.map(({ video, index, pts, still }): Caption => {
        const { passes } = options;
        const blank = { draft: '', text: '', confidence: 0, passes, nothingVisible: true } as const;
        return captions.get(index) ?? { video, index, pts, still, ...blank };
      });
    },
  };
}

function partOf(group: Group, keyframes: Group['keyframes']): Group {
  return { ...group, keyframes };
}

/** A model whose captioners are not asked about pictures that show nothing: any answer would be invented. */
export function describeVisible<Model extends CaptionModel>(model: Model): Model {
  return { ...model, captioner: (options) => skipInvisible(model.captioner(options)) };
}
