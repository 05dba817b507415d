import { fastify } from 'fastify';
import { join } from 'node:path';
import { projectRoot } from '../../devnet/project-root.js';
import type { Phase } from '../../src/follow/state.js';
import { EventLog } from '../../src/status/event-log.js';
import { FollowView } from '../../src/status/follow-view.js';
import { createHealth } from '../../src/status/health.js';
import { Calls } from '../../src/status/live/calls.js';
import { LiveView } from '../../src/status/live/live-view.js';
import { addPageRoutes } from '../../src/status/live/page-routes.js';
import { ProgressTracker } from '../../src/status/progress.js';
import { LockstepError } from '../../src/util/errors.js';
import { A, at, engineView, observation, SETTLED, sourceView } from '../follow/examples.js';

const DAY_MS = 24 * 3_600_000;
const TURN_MS = 10_000;
const URL = 'http://127.0.0.1:1/secret-path';

/** An error whose text is markup, as a source might answer. */
const HELD: Phase = {
  kind: 'holding',
  reason: {
    kind: 'source-unavailable',
    error: new LockstepError('SOURCE_RPC_ERROR', {
      detail: '</pre><img src=x onerror=alert(1)><script>alert(2)</script>',
    }),
  },
};

/** The page of a lockstep that was told of turns for a day, whose clock stands at the end of it. */
export async function serveDayOfData(): Promise<{ readonly url: string; close(): Promise<void> }> {
  let nowMs = 0;
  const begin = Date.now() - DAY_MS;
  const [now, wallNow] = [() => nowMs, () => begin + nowMs];
  const events = new EventLog(256, wallNow);
  const progress = new ProgressTracker(now);
  const health = createHealth(now, 1_000, wallNow);
  const follow = new FollowView({
    version: '1.2.3',
    progress,
    health,
    shadow: null,
    now,
    lastEvent: () => events.lastSeq,
  });
  const side = { url: URL };
  const calls = new Calls({ source: side, engine: side, consensus: null, headFeed: null }, wallNow);
  const live = new LiveView({ follow, events, health, calls, now, wallNow });
  const nothing = (): void => undefined;
  const hooks = follow.watch(
    events.watch(
      live.watch(
        health.watch({
          ...{ onOutcome: nothing, onPlanning: nothing, onBlock: nothing, onLabels: nothing },
          ...{ onHeadNews: nothing, onStatus: nothing },
          onTurn: (turn) => progress.turn(turn),
        }),
      ),
    ),
  );
  const engineCall = calls.counted('engine', nothing);
  for (let turn = 0; nowMs < DAY_MS; turn += 1, nowMs += TURN_MS) {
    engineCall({ method: 'engine_newPayloadV4', ms: 20 + (turn % 50), error: null });
    hooks.onTurn({
      before: SETTLED,
      state: { ...SETTLED, phase: turn % 50 === 49 ? HELD : { kind: 'following' } },
      observation: observation(engineView(A, 20 - (turn % 7)), sourceView(A, at(A, 20).number)),
      action: { do: 'wait', ms: 1 },
    });
  }
  const server = fastify({ forceCloseConnections: true });
  const folder = join(projectRoot, 'dist/page');
  addPageRoutes(server, { live, metrics: () => Promise.resolve(''), folder, now });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url, close: () => server.close() };
}
