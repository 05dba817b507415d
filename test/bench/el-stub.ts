import { cpuTimeNs, monotonicNs, residentBytes } from './cpu-time.js';
import { ElState, type RpcRequest } from './el-state.js';
import { listen } from './http-server.js';
import type { ElCommand, ElReport, ElRun } from './stub-messages.js';

/** The EL stub as a process of its own: `ElCommand` in, `ElReport` out, JSON-RPC on a free port of the loopback. */
class ElStub {
  #state: ElState | null = null;
  #from = 1;
  #target: number | null = null;
  #watchedPid: number | null = null;
  #firstPayloadNs: number | null = null;
  #opened: { readonly atNs: number; readonly cpuNs: number | null; readonly residentBytes: number } | null = null;
  #arrivals = new Map<number, number>();
  #awaited: string | null = null;

  obey(command: ElCommand): void {
    if (command.kind === 'run') {
      this.#reset(command);
      return;
    }
    if (command.kind === 'await') {
      this.#awaited = command.hash;
      this.#tellHead();
      return;
    }
    if (command.kind === 'arrivals') {
      report({ kind: 'arrivals', payloads: [...this.#arrivals] });
      return;
    }
    this.#watchedPid = command.pid;
    report({ kind: 'watching' });
  }

  #reset(run: ElRun): void {
    this.#state = new ElState(run.genesis, run);
    this.#from = run.fromNumber;
    this.#target = run.targetNumber;
    this.#watchedPid = null;
    this.#firstPayloadNs = null;
    this.#opened = null;
    this.#arrivals = new Map();
    report({ kind: 'reset' });
  }

  answer(body: Buffer): Buffer {
    const arrivedNs = monotonicNs();
    const parsed = JSON.parse(body.toString('latin1')) as RpcRequest | RpcRequest[];
    const answers = [parsed].flat().map((request) => this.#one(request, arrivedNs));
    return Buffer.from(JSON.stringify(Array.isArray(parsed) ? answers : answers[0]), 'latin1');
  }

  #one(request: RpcRequest, arrivedNs: number): unknown {
    if (this.#state === null) throw new Error('the EL stub was asked before it was told its genesis');
    if (request.method.startsWith('engine_newPayload')) this.#seePayload(request.params[0], arrivedNs);
    const answered = this.#state.answer(request);
    const { headNumber } = this.#state;
    if (this.#target !== null && headNumber >= this.#target) this.#closeWindow(this.#state);
    this.#tellHead();
    return { jsonrpc: '2.0', id: request.id, ...answered };
  }

  #tellHead(): void {
    if (this.#awaited === null || this.#state?.headHash !== this.#awaited) return;
    this.#awaited = null;
    report({ kind: 'stands' });
  }

  #seePayload(payload: unknown, arrivedNs: number): void {
    this.#firstPayloadNs ??= arrivedNs;
    const number = Number((payload as { blockNumber: string }).blockNumber);
    if (!this.#arrivals.has(number)) this.#arrivals.set(number, arrivedNs);
    if (this.#opened !== null || number < this.#from) return;
    const pid = this.#watchedPid;
    this.#opened = {
      atNs: monotonicNs(),
      cpuNs: pid === null ? null : cpuTimeNs(pid),
      residentBytes: pid === null ? 0 : residentBytes(pid).nowBytes,
    };
  }

  #closeWindow({ newPayloads, forkchoices }: ElState): void {
    this.#target = null;
    const closedNs = monotonicNs();
    if (this.#opened === null || this.#firstPayloadNs === null)
      throw new Error('the target was reached without a payload');
    const { atNs: openedNs, cpuNs: before } = this.#opened;
    const pid = this.#watchedPid;
    const cpuNs = pid === null || before === null ? null : cpuTimeNs(pid) - before;
    const resident = pid === null ? null : residentBytes(pid);
    const memory =
      resident === null
        ? null
        : {
            openedBytes: this.#opened.residentBytes,
            closedBytes: resident.nowBytes,
            peakBytes: resident.peakBytes,
          };
    report({
      kind: 'window',
      firstPayloadNs: this.#firstPayloadNs,
      openedNs,
      closedNs,
      cpuNs,
      memory,
      newPayloads,
      forkchoices,
    });
  }
}

function report(message: ElReport): void {
  process.send?.(message);
}

const stub = new ElStub();
process.on('message', (command) => stub.obey(command as ElCommand));
process.on('disconnect', () => process.exit(0));
const { port } = await listen((body, answer) => answer([stub.answer(body)]));
report({ kind: 'ready', port });
