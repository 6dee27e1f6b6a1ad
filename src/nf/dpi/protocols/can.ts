/** Hot: no allocation. CAN over UDP, as bridges send it: the standard's name in front of the frames. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const MARK = literal('ISO11898');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  return match(bytes, start, end, MARK) === Match.yes ? Outcome.done : Outcome.no;
}

export const can: Dissector = { name: 'Controller_Area_Network', over: 'udp', firstBytes: [0x49], inspect };
