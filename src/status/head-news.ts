import type { Logger } from 'pino';
import type { HeadNews } from '../follow/state.js';
import { errorFields } from './hold-report.js';

/** Tells, on the edges, whether the source pushes its heads; without it they are looked for, so nothing is at stake. */
export function logHeadNews(log: Logger): (news: HeadNews) => void {
  let lost = false;
  let doubted = false;
  return (news) => {
    if (news.kind === 'head') {
      if (news.by === 'newheads') [lost, doubted] = [false, false];
    } else if (news.kind === 'open') log.info({ source: news.source }, 'The source pushes its new heads');
    else if (news.kind === 'lost') {
      log[lost ? 'debug' : 'warn'](errorFields(news.error), 'New heads are not pushed, and looked for instead');
      lost = true;
    } else {
      const what = 'The source has no block that --l2.follow.source.ws names: is it the same node?';
      log[doubted ? 'debug' : 'warn']({ number: news.number }, what);
      doubted = true;
    }
  };
}
