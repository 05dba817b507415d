import type { Payload } from '../../src/payload/payload.js';

/** The parameters that a payload's request carries. */
export function paramsOf(payload: Payload): unknown[] {
  return (JSON.parse(payload.request.toString()) as { params: unknown[] }).params;
}
