import { type Browser, chromium, type Page } from 'playwright-core';
import type { RequiredServer } from '../support/real/require-server.ts';

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchBrowser = (required: RequiredServer): Promise<Browser> =>
  chromium.launch({ executablePath: required.installed().binary, args });

export interface OpenedPage {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, requests that failed or went elsewhere. */
  readonly complaints: readonly string[];
}

/** A page as wide as a laptop. */
export async function openPage(browser: Browser, url: URL): Promise<OpenedPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== 'data:' && asked.origin !== url.origin) complaints.push(`request to ${asked}`);
  });
  await page.goto(url.href);
  return { page, complaints };
}

/** Waits until the page shows the tick of this instant. */
export async function showsInstant(page: Page, instantMs: number): Promise<void> {
  await page.locator(`body[data-newest-ms="${instantMs}"]`).waitFor();
}
