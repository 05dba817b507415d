import { isJsonObject, type JsonObject, type JsonValue } from '../../src/util/json.js';
import type { AnswerFault } from './faults.js';

/** One JSON-RPC answer, as loose as a faulty one can be. */
export type WireAnswer = Record<string, JsonValue>;

/** Applies the faults of each answer of an exchange in place; `faults[i]` belongs to `answers[i]`. */
export function spoilAnswers(answers: WireAnswer[], faults: readonly (readonly AnswerFault[])[]): void {
  const ids = answers.map((answer) => answer['id'] ?? null);
  answers.forEach((answer, index) => {
    for (const fault of faults[index] ?? []) {
      if (fault.kind === 'id-swap') {
        const neighbour = index + 1 < answers.length ? index + 1 : index - 1;
        answer['id'] = ids[neighbour] ?? 'foreign-id';
      } else {
        spoilAnswer(answer, fault);
      }
    }
  });
}

function spoilAnswer(answer: WireAnswer, fault: Exclude<AnswerFault, { kind: 'id-swap' }>): void {
  switch (fault.kind) {
    case 'mutate': {
      const { value } = fault;
      const change = typeof value === 'function' ? value : (): JsonValue => value;
      answer['result'] = withPath(answer['result'] ?? null, fault.path === '' ? [] : fault.path.split('.'), change);
      return;
    }
    case 'null-result':
      delete answer['error'];
      answer['result'] = null;
      return;
    case 'rpc-error':
      delete answer['result'];
      answer['error'] = { code: fault.code, message: fault.message };
      return;
    case 'both':
      answer['result'] ??= null;
      answer['error'] = { code: -32000, message: 'both' };
  }
}

/** A copy of `node` with the value at the path changed; members on the way that are missing are made. */
function withPath(node: JsonValue, path: readonly string[], change: (old: JsonValue) => JsonValue): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return change(node);
  if (Array.isArray(node)) {
    const items = node as readonly JsonValue[];
    return items.map((item, index) => (index === Number(key) ? withPath(item, rest, change) : item));
  }
  const members: JsonObject = isJsonObject(node) ? node : {};
  return { ...members, [key]: withPath(members[key] ?? null, rest, change) };
}
