import { element, found, Rows, setText } from './dom.js';
import type { Check, Connection, Happening, Tick } from './wire.js';
import { durationText } from '../util/duration-text.js';
import { factsText, timeText } from './words.js';

const MAX_EVENTS = 100;

const checkRows = new Rows(found('#checks ul'), () =>
  element('li', {}, element('b'), ' ', element('span'), element('p', { class: 'note' })),
);
const connectionRows = new Rows(found('#connections ul'), (name) =>
  element(
    'li',
    { 'data-name': name },
    element('b', {}, name),
    ' ',
    element('code'),
    element('p'),
    element('p', { class: 'error' }),
  ),
);

/** What `/readyz` judges. */
export function drawChecks(checks: readonly Check[]): void {
  for (const { name, ok, value, limit, meaning } of checks) {
    const row = checkRows.of(name);
    row.dataset['ok'] = String(ok);
    setText(found('b', row), `${ok ? '✔' : '✖'} ${name}`);
    const judged =
      limit === null ? 'not judged' : typeof limit === 'number' ? `at most ${limit}` : `has to be ${limit}`;
    setText(found('span', row), `${value ?? 'unknown'} (${judged})`);
    setText(found('p', row), ok ? '' : meaning);
  }
}

export function drawConnections(connections: readonly Connection[]): void {
  for (const { name, url, calls, failed, p50Ms, p99Ms, lastError } of connections) {
    const row = connectionRows.of(name);
    setText(found('code', row), url);
    const times = p50Ms === null ? 'none answered' : `half within ${p50Ms} ms, 99 % within ${p99Ms} ms`;
    setText(found('p', row), `Last ${calls} calls: ${failed} failed, ${times}.`);
    const error =
      lastError === null ? '' : `Last failure: ${timeText(lastError.timeMs)} ${lastError.code}: ${lastError.message}`;
    setText(found('.error', row), error);
  }
}

const MEANING_ROWS = ['means', 'ends', 'error', 'fix', 'would do', 'to go'] as const;

/** What the state means and what ends it, where not all is well. */
export function drawMeaning({ status }: Tick): void {
  const { state, meaning, ends, error, dryRun, would, etaSeconds } = status;
  const { code, err, fix, ...others } = { ...error };
  const texts: Readonly<Record<(typeof MEANING_ROWS)[number], string>> = {
    means: state === 'following' ? '' : meaning,
    ends: ends ?? '',
    error: code === undefined ? '' : `${code}: ${err ?? ''} ${factsText(others)}`,
    fix: fix === undefined ? '' : String(fix),
    'would do': dryRun
      ? `nothing is written to the EL; it would: ${factsText(would ?? { kind: 'not known yet' })}`
      : '',
    'to go': etaSeconds === null ? '' : durationText(etaSeconds),
  };
  const section = found('#why');
  const list = found('dl', section);
  const shown = MEANING_ROWS.filter((name) => texts[name] !== '');
  section.hidden = shown.length === 0;
  const text = shown.map((name) => `${name} ${texts[name]}`).join('\n');
  if (list.dataset['text'] === text) return;
  list.dataset['text'] = text;
  list.replaceChildren(...shown.flatMap((name) => [element('dt', {}, name), element('dd', {}, texts[name])]));
}

let newest = 0;

/** A new process counts its events from 1 again. */
export function forgetEvents(): void {
  newest = 0;
  found('#events ol').replaceChildren();
}

export function addEvents(events: readonly Happening[]): void {
  const list = found('#events ol');
  for (const { seq, timeMs, event, facts } of events) {
    if (seq <= newest) continue;
    newest = seq;
    const time = element('time', { datetime: new Date(timeMs).toISOString() }, timeText(timeMs));
    const summary = element('summary', {}, time, ' ', element('b', {}, event), ' ', factsText(facts));
    const json = JSON.stringify({ seq, timeMs, event, facts }, null, 2);
    list.prepend(element('li', { 'data-event': event }, element('details', {}, summary, element('pre', {}, json))));
  }
  while (list.children.length > MAX_EVENTS) list.lastElementChild?.remove();
}
