import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startChromium } from './chromium.js';
import { keepShot, openPage, PageWorld, type Watched } from './page-world.js';

const DEADLINE_MS = 20_000;

let world: PageWorld;
let browser: Browser;
let watched: Watched;
let page: Page;

beforeAll(async () => {
  [world, browser] = await Promise.all([PageWorld.start(), startChromium()]);
  await world.world.rig.producer.produce(20);
  await world.startLockstep();
  watched = await openPage(browser, `${world.url}/status`);
  page = watched.page;
});

afterAll(async () => {
  await browser.close();
  await world.close();
});

const producer = () => world.world.rig.producer;

/** Waits until the sentence of the page reads so. */
async function untilSentence(start: string): Promise<void> {
  try {
    await page.locator('#sentence', { hasText: start }).waitFor({ timeout: DEADLINE_MS });
  } catch (cause) {
    const shown = await page.innerText('body');
    throw new Error(`the page does not say "${start}": ${watched.errors.join('; ')}\n${shown}`, { cause });
  }
}

describe('the page of a lockstep that follows', () => {
  it('says so, with both sides in step', async () => {
    await untilSentence(`Following: in step with the source at block ${producer().head.number}.`);
    await keepShot(page, 'following');
    expect(await page.getAttribute('body', 'data-level')).toBe('good');
  });
});
