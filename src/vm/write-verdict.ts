/** Hot: no allocation. Writes what a network function said of a packet into its slot header. */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset } from '../memory/slot-layout.js';
import { noVerdict, verdictKind, verdictReason } from '../nf/context.js';
import type { Verdict } from '../nf/contract.js';

/** @throws TypeError when it is no verdict at all: the function is at fault, and its packet must not pass. */
export function writeVerdict(headers: SlotHeaders, slot: number, verdict: Verdict): void {
  if (typeof verdict !== 'number') noVerdict(verdict);
  headers.u8[(slot << 6) + HeaderOffset.verdict] = verdictKind(verdict);
  headers.u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = verdictReason(verdict);
}
