import type { ServerResponse } from 'node:http';

/** What the readers of the page may take up. */
interface StreamLimits {
  readonly streams: number;
  /** Of one reader that does not take what it is sent. */
  readonly bufferedBytes: number;
  readonly everyMs: number;
}

export const STREAM_LIMITS: StreamLimits = { streams: 16, bufferedBytes: 1024 * 1024, everyMs: 1_000 };

interface Messages {
  /** What a new reader is sent, as JSON. */
  readonly whole: () => string;
  /** Called once for each new row of readers: what is new at each of its calls, as JSON. */
  readonly ticker: () => () => string;
}

/**
 * Sends what is new to each reader once a second, as server-sent events (HTML, "Server-sent events"). It is put into words
 * once for all of them, and not at all while nobody reads. A reader that falls behind is cut: it comes back by itself.
 */
export class Streams {
  readonly #messages: Messages;
  readonly #limits: StreamLimits;
  readonly #open = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | null = null;

  constructor(messages: Messages, limits: StreamLimits = STREAM_LIMITS) {
    this.#messages = messages;
    this.#limits = limits;
  }

  /** False: there are too many already. The headers of the response were not sent yet. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    if (this.#open.size >= this.#limits.streams) return false;
    this.#open.add(response);
    response.on('error', () => this.#drop(response));
    response.once('close', () => this.#drop(response));
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    if (this.#timer === null) this.#start();
    response.write(`retry: ${2 * this.#limits.everyMs}\n${message('whole', this.#messages.whole())}`);
    return true;
  }

  #start(): void {
    const next = this.#messages.ticker();
    this.#timer = setInterval(() => {
      const text = message('tick', next());
      for (const response of this.#open) {
        if (response.writableLength > this.#limits.bufferedBytes) response.destroy();
        else response.write(text);
      }
    }, this.#limits.everyMs);
    this.#timer.unref();
  }

  #drop(response: ServerResponse): void {
    this.#open.delete(response);
    if (this.#open.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** JSON has no line breaks of its own. */
function message(event: 'whole' | 'tick', json: string): string {
  return `event: ${event}\ndata: ${json}\n\n`;
}
