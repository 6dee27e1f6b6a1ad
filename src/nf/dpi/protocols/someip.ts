/** Hot: no allocation. SOME/IP (AUTOSAR PRS_SOMEIPProtocol, 4.1.2): a header whose length, version and type go together. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const HEADER_BYTES = 16;
const VERSION = 1;
const LAST_RETURN_CODE = 0x0e;
/** Service discovery: service and method all ones but for the method's first bit. */
const DISCOVERY = 0xffff8100;
const SEGMENTED = 0x20;

/** Request, one-way request, notice; response, error. */
function isType(type: number): boolean {
  return type <= 2 || type === 0x80 || type === 0x81;
}

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + HEADER_BYTES || bytes[start + 12] !== VERSION || !isType(bytes[start + 14] & ~SEGMENTED) || bytes[start + 15] > LAST_RETURN_CODE) return Outcome.no;
  // Datagrams may carry several messages.
  let at = start;
  while (at + 8 <= end) at += 8 + Math.max(8, read32(bytes, at + 4));
  if (at !== end) return Outcome.no;
  const message = read32(bytes, start);
  if (message === DISCOVERY) return Outcome.done;
  finding.token = message;
  return Outcome.maybe;
}

export const someip: Dissector = { name: 'SOMEIP', over: 'udp', leastBytes: HEADER_BYTES, inspect };
