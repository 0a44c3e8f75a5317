import { launchChromium } from '../../test/players/support/browser.ts';

/** When a page shows something, in milliseconds from the start of the navigation, by the browser's own clock. */
export interface FirstViews {
  /** First contentful paint. */
  readonly paint: number[];
  /** The first row of the list is in the page. */
  readonly list: number[];
}

/** Notes when the first row of the list appears. */
const WATCH = `new MutationObserver((_, watcher) => {
  if (document.querySelector('li.video') === null) return;
  performance.mark('list');
  watcher.disconnect();
}).observe(document, { childList: true, subtree: true })`;

const TIMES = `[
  performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  performance.getEntriesByName('list')[0]?.startTime,
]`;

/** Opens the page several times, each with an empty cache. */
export async function firstViews(chromium: string, address: string, times: number): Promise<FirstViews> {
  const browser = await launchChromium(chromium);
  const found: FirstViews = { paint: [], list: [] };
  try {
    for (let run = 0; run < times; run += 1) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.addInitScript(WATCH);
      await page.goto(address);
      await page.locator('li.video').first().waitFor();
      // The paint is reported with the frame after it.
      let [paint, list] = await page.evaluate<(number | undefined)[]>(TIMES);
      while (paint === undefined || list === undefined)
        [paint, list] = await page.evaluate<(number | undefined)[]>(TIMES);
      found.paint.push(paint);
      found.list.push(list);
      await context.close();
    }
  } finally {
    await browser.close();
  }
  return found;
}
