import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium } from '../../players/support/browser.ts';

const axe = readFileSync(
  path.join(path.dirname(createRequire(import.meta.url).resolve('axe-core')), 'axe.min.js'),
  'utf8',
);

/** A page of the program in a browser, and what went wrong in it. */
export interface BrowserPage {
  readonly page: Page;
  /** Errors of scripts, what the content security policy refused, and requests to other hosts. */
  readonly faults: string[];
}

/** A headless Chromium that opens pages of one site. */
export interface PageBrowser {
  open(address: string, options?: BrowserContextOptions): Promise<BrowserPage>;
  close(): Promise<void>;
}

/** Starts the Chromium at `executablePath`. */
export async function startPageBrowser(executablePath: string): Promise<PageBrowser> {
  const browser: Browser = await launchChromium(executablePath);
  return {
    async open(address, options = {}) {
      const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (/content security policy/i.test(message.text())) faults.push(message.text());
      });
      page.on('request', (request) => {
        const { protocol, host } = new URL(request.url());
        if (/^https?:$/.test(protocol) && host !== new URL(address).host) faults.push(`asked ${host}`);
      });
      await page.goto(address);
      return { page, faults };
    },
    close: () => browser.close(),
  };
}

/** What axe finds wrong with a page: the rule and the element. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** How many pixels a page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
}
