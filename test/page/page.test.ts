import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { waitUntil } from '../../devnet/wait-until.js';
import type { Whole } from '../../src/page/wire.js';
import { startChromium } from './chromium.js';
import { serveDayOfData } from './day-of-data.js';
import { CANARY, keepShot, openPage, PageWorld, type Watched } from './page-world.js';

const DEADLINE_MS = 40_000;

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
const count = (selector: string): Promise<number> => page.locator(selector).count();
const texts = (selector: string): Promise<string[]> => page.locator(selector).allInnerTexts();

async function until(what: string, seen: () => boolean | Promise<boolean>): Promise<void> {
  try {
    await waitUntil(what, seen, DEADLINE_MS);
  } catch (cause) {
    throw new Error(`${watched.errors.join('; ')}\n${await page.innerText('body')}`, { cause });
  }
}

/** Waits until the sentence of the page begins so, and gives it. */
async function sentence(start: string): Promise<string> {
  await until(`the page says "${start}"`, async () => (await page.innerText('#sentence')).startsWith(start));
  return page.innerText('#sentence');
}

const level = () => page.getAttribute('body', 'data-level');
const inStep = () => sentence(`Following: in step with the source at block ${producer().head.number}.`);

/** Nothing is wider than the screen. */
async function expectFits({ page: narrow }: Watched): Promise<void> {
  const width = await narrow.evaluate<number>('document.documentElement.scrollWidth');
  expect(width).toBeLessThanOrEqual(narrow.viewportSize()!.width);
}

describe('a lockstep that follows', () => {
  it('is shown in step with the source, in the words of the terminal', async () => {
    await inStep();
    await until('it is ready', async () => (await level()) === 'good');
    expect(await page.innerText('#announced')).toMatch(/^Following: /);
    expect(await texts('#ladder tbody th')).toEqual(['unsafe', 'safe', 'finalized']);
    expect(await texts('#ladder .match b')).toEqual(['✔', '✔', '✔']);
    const { head, labels } = producer();
    const numbers = [head, labels.safe, labels.finalized].map((ref) => String(ref?.number));
    expect(await texts('#ladder .local > span:first-child')).toEqual(numbers);
    expect(await count('#heights circle')).toBe(6);
    expect(await count('#strip .cell')).toBe(head.number + 1);
    expect([
      await count('#strip .cell.left'),
      await count('#strip .cell.ahead'),
      await count('#strip .ancestor'),
    ]).toEqual([0, 0, 0]);
    expect([await count('#checks li'), await count('#checks li[data-ok=true]')]).toEqual([7, 7]);
    expect(await texts('#connections code')).toEqual([world.world.source.url, world.world.engine.url]);
    expect(await count('#plots canvas')).toBe(3);
    await until('a point is drawn', async () =>
      /unsafe 0, safe 0, finalized 0 blocks$/.test(
        (await page.locator('#plots [role=img]').first().getAttribute('aria-label')) ?? '',
      ),
    );
    await keepShot(page, 'following');
  });

  it('goes on by itself as blocks come', async () => {
    await producer().produce(3);
    await inStep();
    expect(await count('#strip .cell')).toBe(producer().head.number + 1);
  });

  it('can be used with the keyboard alone', async () => {
    const reached: string[] = [];
    for (let step = 0; step < 40 && !reached.includes('A'); step += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate<string>('document.activeElement.tagName');
      if (name === 'BUTTON' && !reached.includes('BUTTON')) {
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        await page.keyboard.press('Enter');
        await until('the hash is copied', async () => {
          return (await page.evaluate<string>('navigator.clipboard.readText()')) === producer().head.hash;
        });
      }
      if (name === 'INPUT') {
        await page.keyboard.press('ArrowRight');
        expect(await page.locator('input:checked').getAttribute('value')).toBe('1');
        await page.keyboard.press('ArrowLeft');
      }
      if (name === 'SUMMARY' && !reached.includes('SUMMARY')) {
        await page.keyboard.press('Enter');
        expect(JSON.parse(await page.locator('details[open] pre').innerText())).toMatchObject({ event: 'state' });
        await page.keyboard.press('Enter');
      }
      reached.push(name);
    }
    expect(new Set(reached)).toEqual(new Set(['BUTTON', 'INPUT', 'SUMMARY', 'A']));
  });

  it('gives a diagnostic bundle, and neither it nor the page holds a secret', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('footer a')]);
    expect(download.suggestedFilename()).toMatch(/^lockstep-\d{14}\.json$/);
    const text = readFileSync(await download.path(), 'utf8');
    const bundle = JSON.parse(text) as Whole & { readonly metrics: string };
    expect(bundle.status).toMatchObject({ state: 'following', ready: true });
    expect(bundle.metrics).toContain('lockstep_lag_blocks{label="unsafe"} 0');
    const secrets = [CANARY, readFileSync(world.world.jwtSecretFile, 'utf8').trim()];
    for (const secret of secrets) expect(`${text}${await page.content()}`).not.toContain(secret);
  });
});

describe('a source on another branch', () => {
  it('is shown as a fork whose common ancestor is marked, while the EL is brought back', async () => {
    const { labels } = producer();
    const ancestor = labels.safe!.number;
    const engine = world.world.engine.inject({
      match: { method: /^engine_newPayload/ },
      fault: { kind: 'delay', ms: 2_000, when: 'before' },
    });
    await producer().fork(ancestor, 8);
    await sentence('Recovering: the EL is on another branch than the source, and is brought back.');
    expect(await level()).toBe('unready');
    const text = `Common ancestor: block ${ancestor}.`;
    await until('the ancestor is known', async () => (await page.innerText('#strip-text')).endsWith(text));
    expect(await count('#strip .ancestor')).toBe(1);
    expect(await count('#strip .cell.left')).toBe(4);
    expect(await count('#strip .cell.ahead')).toBe(8);
    await keepShot(page, 'recovering');
    engine.remove();
  });

  it('is followed in the end, and what was given up stays in view', async () => {
    await inStep();
    await until('it is ready', async () => (await level()) === 'good');
    expect(await page.innerText('#strip-text')).toContain('The EL gave up 4 blocks above block');
    expect(await count('#strip .cell.left')).toBe(4);
    expect(await texts('#ladder .match b')).toEqual(['✔', '✔', '✔']);
    const events = (await texts('#events summary')).join('\n');
    for (const kind of ['kind=planned', 'kind=arrived', 'kind=recovered']) expect(events).toContain(kind);
    await keepShot(page, 'recovered');
  });
});

describe('a lockstep that holds', () => {
  it('says why, what ends it, and that it is not ready', async () => {
    await world.rpc.call('follow_pause', []);
    expect(await sentence('Holding for')).toContain('(paused): nothing changes in the EL.');
    expect(await level()).toBe('bad');
    const why = await page.innerText('#why');
    expect(why).toContain('an operator paused lockstep (follow_pause)');
    expect(why).toContain('with follow_resume');
    expect(await page.innerText('#checks [data-ok=false]')).toContain('state');
    // It counts its seconds in silence.
    const announced = await page.innerText('#announced');
    await until('it has held for a while', async () => {
      return Number(/Holding for (\d+) s/.exec(await page.innerText('#sentence'))?.[1]) >= 2;
    });
    expect(await page.innerText('#announced')).toBe(announced);
    await keepShot(page, 'paused');
    await world.rpc.call('follow_resume', []);
    await inStep();
    expect(await page.locator('#why').isHidden()).toBe(true);
  });

  it('for a source that is away names it and what it answered', async () => {
    await world.world.source.down();
    expect(await sentence('Holding for')).toContain('(source-unavailable)');
    expect(await page.innerText('#why')).toContain('SOURCE_UNREACHABLE');
    expect(await page.innerText('#connections [data-name=source]')).toContain('Last failure:');
    await keepShot(page, 'source-down');
    await world.world.source.up();
    await inStep();
  });
});

describe('a lockstep that ends', () => {
  it('leaves the page as it was, marked as old, and the next one is shown without a reload', async () => {
    const { page: other, errors } = await openPage(browser, `${world.url}/status?kiosk`);
    await other.locator('#sentence', { hasText: 'Following' }).waitFor({ timeout: DEADLINE_MS });
    expect(await other.locator('#events').isHidden()).toBe(true);
    await page.close();
    await world.stopLockstep();
    await other
      .locator('#stream', { hasText: 'No answer from lockstep: what is shown is of' })
      .waitFor({ timeout: DEADLINE_MS });
    await keepShot(other, 'no-answer');
    // Both sides are proxies of this process: at one block they would be taken for one node.
    await producer().produce(1);
    await world.startLockstep();
    await other.locator('#stream').waitFor({ state: 'hidden', timeout: DEADLINE_MS });
    await other.locator('#sentence', { hasText: 'Following' }).waitFor({ timeout: DEADLINE_MS });
    expect(errors.filter((error) => !error.includes('ERR_'))).toEqual([]);
    await other.close();
    expect(watched.errors).toEqual([]);
    expect(watched.requests.filter((url) => !url.startsWith(`${world.url}/status`))).toEqual([]);
  });
});

describe('a source that takes back what was final', () => {
  beforeAll(async () => {
    watched = await openPage(browser, `${world.url}/status`, { width: 360, colorScheme: 'dark' });
    page = watched.page;
  });

  it('is shown as two branches, on a small and dark screen as well', async () => {
    await inStep();
    await expectFits(watched);
    await producer().fork(producer().labels.finalized!.number - 2, 16);
    expect(await sentence('Holding for')).toContain('(finalized-divergence)');
    expect(await page.innerText('#strip-text')).toContain('Two branches');
    expect(await count('#strip .cell.left')).toBeGreaterThan(0);
    expect(await page.innerText('#why')).toContain('following it would take finality back');
    const back = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(back).toBe('rgb(13, 17, 23)');
    await keepShot(page, 'finalized-divergence');
    await expectFits(watched);
    expect(watched.errors).toEqual([]);
  });
});

describe('a day of data', () => {
  it('is drawn at each resolution, and fits a small screen', async () => {
    const day = await serveDayOfData();
    try {
      watched = await openPage(browser, `${day.url}/status`, { width: 360 });
      page = watched.page;
      await sentence('Following');
      for (const time of ['3 h', '1 d']) {
        await page.getByLabel(time).check();
        await until('there is a point', async () => {
          const label = await page.locator('#plots [role=img]').nth(1).getAttribute('aria-label');
          return /newPayload \d+/.test(label ?? '');
        });
      }
      expect(await page.locator('#events li').count()).toBe(100);
      // What others say is text.
      expect(await page.locator('#events li').first().innerText()).toContain('<img src=x onerror=alert(1)>');
      expect(await page.locator('img, body script').count()).toBe(0);
      await expectFits(watched);
      await keepShot(page, 'day-of-data');
      const whole = (await (await fetch(`${day.url}/status.json`)).json()) as Whole;
      const kept = whole.points.map((points) => points.length);
      // The last minute may not be over yet.
      expect([
        [900, 1_080, 1_439],
        [900, 1_080, 1_440],
      ]).toContainEqual(kept);
      expect(watched.errors).toEqual([]);
    } finally {
      await day.close();
    }
  });
});
