import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../devnet/process/free-port.js';
import { projectRoot } from '../../devnet/project-root.js';
import { type RpcClient, rpcClient } from '../../devnet/rpc.js';
import { Command } from '../rig/command.js';
import { FollowWorld } from '../rig/follow-world.js';

/** What nobody may find in a page: part of the URL of the source, and a header. */
export const CANARY = 'canary-4711';

const SHOTS = join(projectRoot, 'dist/screenshots');

/** What a page asked for and complained of. */
export interface Watched {
  readonly page: Page;
  readonly errors: readonly string[];
  readonly requests: readonly string[];
}

/** Opens a page of this size, and keeps what it asks for and complains of. */
export async function openPage(
  browser: Browser,
  url: string,
  { width = 1100, colorScheme = 'light' }: { readonly width?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Watched> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const [errors, requests]: [string[], string[]] = [[], []];
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') errors.push(line.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, errors, requests };
}

/** Kept for whoever looks at the run, in a folder that git ignores. */
export async function keepShot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.evaluate('document.activeElement?.blur()');
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** A real follower and its RPC on a port that stays the same when it is started again. */
export class PageWorld {
  #lockstep: Command | null = null;
  #runs = 0;

  private constructor(
    readonly world: FollowWorld,
    private readonly port: number,
  ) {}

  static async start(): Promise<PageWorld> {
    const [world, port] = await Promise.all([
      FollowWorld.start({ seed: 'page', clock: 'wall', safeDistance: 4, finalizedDistance: 12 }),
      freePort(),
    ]);
    return new PageWorld(world, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get rpc(): RpcClient {
    return rpcClient(this.url);
  }

  async startLockstep(): Promise<void> {
    this.#runs += 1;
    const args = [
      ...['run', '--l2', this.world.engine.url, '--l2.jwt-secret', this.world.jwtSecretFile, '--log.format', 'json'],
      ...['--l2.follow.poll-interval', '200ms', '--l2.follow.safety-interval', '400ms'],
      ...['--rpc.port', String(this.port), '--rpc.enable-admin', '--recovery.cooldown', '1s'],
    ];
    const env = {
      LOCKSTEP_L2_FOLLOW_SOURCE: `${this.world.source.url}/${CANARY}?key=${CANARY}`,
      XDG_STATE_HOME: this.world.rig.dir,
    };
    this.#lockstep = await Command.start(args, { cwd: this.world.rig.dir, name: `page-${this.#runs}`, env });
    await this.#lockstep.until({ msg: 'RPC is served' });
  }

  async stopLockstep(): Promise<void> {
    await this.#lockstep?.stop();
    this.#lockstep = null;
  }

  async close(): Promise<void> {
    await this.stopLockstep();
    await this.world.close();
  }
}
