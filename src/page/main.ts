import { Charts } from './charts.js';
import { found, setText } from './dom.js';
import { drawLadder } from './ladder.js';
import { addEvents, drawChecks, drawConnections, drawMeaning, forgetEvents } from './lists.js';
import { readEvents } from './stream.js';
import { drawStrip } from './strip.js';
import type { Status, Tick, Whole } from './wire.js';
import { durationText } from '../util/duration-text.js';
import { timeText } from './words.js';

document.documentElement.classList.toggle('kiosk', new URLSearchParams(location.search).has('kiosk'));

const charts = new Charts();
let newestMs = 0;

function draw(tick: Tick): void {
  const { sentence, status, rungs, checks, connections, events, uptimeSeconds, timeMs } = tick;
  newestMs = timeMs;
  document.body.dataset['state'] = status.state;
  document.body.dataset['level'] = levelOf(status);
  document.title = `${status.ready ? '✔' : '✖'} ${status.state} - lockstep`;
  setText(found('#sentence'), sentence);
  announce(status, sentence);
  const source = connections[0]?.url ?? 'unknown';
  const facts = [
    `lockstep ${status.version}`,
    `up for ${durationText(uptimeSeconds)}`,
    `source ${source}`,
    `${timeText(timeMs)} UTC`,
  ];
  setText(found('#facts'), facts.join(' · '));
  drawMeaning(tick);
  drawLadder(rungs);
  drawStrip(tick);
  drawChecks(checks);
  drawConnections(connections);
  addEvents(events);
}

function levelOf({ ready, state }: Status): string {
  if (ready) return 'good';
  return state === 'holding' || state === 'halted' ? 'bad' : 'unready';
}

let announced = '';

/** Read out when the state changes, and not each time that its numbers do. */
function announce({ state, reason, ready }: Status, sentence: string): void {
  const key = `${state} ${reason ?? ''} ${ready}`;
  if (key === announced) return;
  announced = key;
  setText(found('#announced'), sentence);
}

readEvents('/status/events', {
  whole: (whole: Whole) => {
    forgetEvents();
    draw(whole);
    charts.start(whole);
  },
  tick: (tick) => {
    draw(tick);
    charts.add(tick);
  },
  silence: (seconds) => {
    const isSilent = seconds > 0;
    document.body.classList.toggle('stale', isSilent);
    found('#stream').hidden = !isSilent;
    const shown = newestMs === 0 ? 'nothing was read yet' : `what is shown is of ${timeText(newestMs)} UTC`;
    if (isSilent) setText(found('#stream'), `No answer from lockstep: ${shown}. The page goes on trying.`);
  },
});
