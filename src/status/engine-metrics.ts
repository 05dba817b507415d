import type { Registry } from 'prom-client';
import type { EngineAnswer, EngineIdentity, StateChangeMethod } from '../engine/engine.js';
import type { Action, Outcome } from '../follow/action.js';
import type { Turn } from '../follow/state.js';
import type { CallReport } from '../util/call-report.js';
import { Series } from './series.js';

export interface EngineMetrics {
  answer(method: StateChangeMethod, answer: EngineAnswer): void;
  call(call: CallReport): void;
  identity(identity: EngineIdentity): void;
  turn(turn: Turn): void;
  outcome(outcome: Outcome): void;
  /** How long the engine port has answered nothing; 0 while it answers. */
  silence(ms: number): void;
}

/** The codes of the Engine API and of JSON-RPC; any other number an EL may make up is one value. */
const KNOWN_CODES: ReadonlySet<number> = new Set([
  ...[-32700, -32600, -32601, -32602, -32603, -32000],
  ...[-38001, -38002, -38003, -38004, -38005, -38006],
]);

/** The method, its version or its parameters do not suit the EL (E7). */
const ENCODING_CODES: ReadonlySet<number> = new Set([-32601, -32602, -38005]);

/** What the EL answered, and what became of it. */
export function createEngineMetrics(registry: Registry): EngineMetrics {
  const series = createSeries(new Series(registry));
  let reason: string = 'other';
  series.sessions.inc();
  return {
    answer: (method, answer) => {
      series.calls.inc({ method, status: answer.status });
      if (method === 'forkchoiceUpdated') series.forkchoices.inc({ reason });
      if (answer.status === 'UNKNOWN') series.unknown.inc();
      if (answer.status === 'REJECTED') {
        if (method === 'forkchoiceUpdated') series.forkchoiceRejected.inc({ code: codeName(answer.code) });
        if (ENCODING_CODES.has(answer.code)) series.encoding.inc();
      }
      if (answer.status !== 'INVALID') return;
      if (method === 'forkchoiceUpdated') series.forkchoiceInvalid.inc();
      else if (answer.verdictOn === 'form') series.encoding.inc();
      else if (answer.verdictOn === 'block') series.invalid.inc();
    },
    call: ({ error }) => {
      if (error?.code === 'ENGINE_AUTH') series.jwtRejected.inc();
      if (error?.code === 'ENGINE_OVERSIZE') series.tooLarge.inc();
      const skewMs = error?.data['clockSkewMs'];
      if (typeof skewMs === 'number') series.skew.set(skewMs / 1_000);
    },
    identity: ({ clockSkewMs }) => {
      if (clockSkewMs !== null) series.skew.set(clockSkewMs / 1_000);
    },
    turn: ({ before, state, observation: { engine }, action }) => {
      reason = reasonOf(action);
      series.poison.set(state.refused.size);
      if (engine.kind === 'seen') series.syncing.set(engine.value.syncing.busy ? 1 : 0);
      if (state.session.id === before.session.id) return;
      series.sessions.inc();
      const head = engine.kind === 'seen' ? engine.value.heads.unsafe.number : null;
      const lost = head === null || before.standing === null ? 0 : Math.max(0, before.standing.number - head);
      series.rewound.inc(lost);
    },
    outcome: (outcome) => {
      const { effect, answer } = forkchoiceOf(outcome) ?? {};
      if (answer?.status === 'VALID' && effect !== undefined && effect !== 'moved') series.notApplied.inc({ effect });
    },
    silence: (ms) => series.hang.set(ms / 1_000),
  };
}

/** What the forkchoices of an action are for. */
function reasonOf(action: Action): string {
  return action.do === 'forkchoice' ? action.why : action.do;
}

function codeName(code: number): string {
  return KNOWN_CODES.has(code) ? String(code) : 'other';
}

function forkchoiceOf(outcome: Outcome) {
  if (outcome.of === 'forkchoice') return outcome;
  if (outcome.of !== 'extend' && outcome.of !== 'el-sync') return null;
  return outcome.stop.why === 'forkchoice-answer' ? outcome.stop : null;
}

function createSeries(series: Series) {
  return {
    calls: series.counter(
      'el_calls_total',
      'Answers to the calls that change the EL, each payload of a batch (E5, E21)',
      ['method', 'status'],
    ),
    forkchoices: series.counter(
      'fcu_total',
      'Forkchoices sent, by the action they were part of, repetitions included (E4)',
      ['reason'],
    ),
    notApplied: series.counter(
      'fcu_not_applied_total',
      'VALID forkchoices that the EL did not show afterwards (E8, E9)',
      ['effect'],
    ),
    forkchoiceInvalid: series.counter('fcu_invalid_total', 'Forkchoices that were answered INVALID (E10)'),
    forkchoiceRejected: series.counter('fcu_rejected_total', 'Forkchoices answered by an error object (E11)', ['code']),
    invalid: series.counter('invalid_payload_total', 'Verified blocks that the EL called INVALID (E6, A1)'),
    encoding: series.counter('el_encoding_error_total', 'Payloads and forkchoices whose form the EL did not take (E7)'),
    unknown: series.counter('el_unknown_outcome_total', 'State-changing calls whose outcome was unknown (E13)'),
    hang: series.gauge(
      'el_hang_seconds',
      'How long the engine port has taken calls and answered none; 0 while it answers (E14)',
    ),
    jwtRejected: series.counter('jwt_rejected_total', 'Calls refused for their token (E15)'),
    skew: series.gauge('clock_skew_seconds', 'Our clock minus that of the EL, by its Date header (E15, H4)'),
    tooLarge: series.counter('payload_too_large_total', 'Requests or answers of the EL over a size limit (E16)'),
    syncing: series.gauge('el_syncing', '1 while the EL says that it syncs by itself (E17)'),
    sessions: series.counter('el_sessions_total', 'Sessions of the EL: 1, and one more each time it restarts (E2)'),
    rewound: series.counter('el_rewound_blocks_total', 'Blocks that the EL came back without after a restart (E3)'),
    poison: series.gauge('poison_entries', 'Payloads that the EL refused and that are not sent again yet (E6, E22)'),
  };
}
