/** Hot: no allocation. Writes what a network function said of a packet into its slot header. */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset, VerdictKind } from '../memory/slot-layout.js';
import { noVerdict, verdictKind, verdictReason } from '../nf/context.js';
import { forward, type Verdict } from '../nf/contract.js';

/** @throws TypeError when it is no verdict at all: the function is at fault, and its packet must not pass. */
export function writeVerdict(headers: SlotHeaders, slot: number, verdict: Verdict): void {
  const at = (slot << 6) + HeaderOffset.verdict;
  // It stands there already: a header that is only read need not travel between cores.
  if (verdict === forward && headers.u8[at] === VerdictKind.forward) return;
  if (typeof verdict !== 'number') noVerdict(verdict);
  headers.u8[at] = verdictKind(verdict);
  headers.u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = verdictReason(verdict);
}
