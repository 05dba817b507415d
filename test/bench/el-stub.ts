import { cpuTimeNs, monotonicNs } from './cpu-time.js';
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
  #opened: { readonly atNs: number; readonly cpuNs: number | null } | null = null;

  obey(command: ElCommand): void {
    if (command.kind === 'run') {
      this.#reset(command);
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
    report({ kind: 'reset' });
  }

  answer(body: Buffer): Buffer {
    const parsed = JSON.parse(body.toString('latin1')) as RpcRequest | RpcRequest[];
    const answers = [parsed].flat().map((request) => this.#one(request));
    return Buffer.from(JSON.stringify(Array.isArray(parsed) ? answers : answers[0]), 'latin1');
  }

  #one(request: RpcRequest): unknown {
    if (this.#state === null) throw new Error('the EL stub was asked before it was told its genesis');
    if (this.#opened === null && request.method.startsWith('engine_newPayload')) this.#seePayload(request.params[0]);
    const answered = this.#state.answer(request);
    const { headNumber } = this.#state;
    if (this.#target !== null && headNumber >= this.#target) this.#closeWindow(this.#state);
    return { jsonrpc: '2.0', id: request.id, ...answered };
  }

  #seePayload(payload: unknown): void {
    const nowNs = monotonicNs();
    this.#firstPayloadNs ??= nowNs;
    const { blockNumber } = payload as { blockNumber: string };
    if (Number(blockNumber) < this.#from) return;
    this.#opened = { atNs: nowNs, cpuNs: this.#watchedPid === null ? null : cpuTimeNs(this.#watchedPid) };
  }

  #closeWindow({ newPayloads, forkchoices }: ElState): void {
    this.#target = null;
    const closedNs = monotonicNs();
    if (this.#opened === null || this.#firstPayloadNs === null)
      throw new Error('the target was reached without a payload');
    const { atNs: openedNs, cpuNs: before } = this.#opened;
    const cpuNs = this.#watchedPid === null || before === null ? null : cpuTimeNs(this.#watchedPid) - before;
    report({
      kind: 'window',
      firstPayloadNs: this.#firstPayloadNs,
      openedNs,
      closedNs,
      cpuNs,
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
