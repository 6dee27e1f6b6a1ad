import { kcp } from '../../../../src/nf/dpi/protocols/kcp.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(kcp, [
  ['a segment with data that fills it', hex('0a000000 51 00 8000 14000000 00000000 00000000 03000000 010203'), 'done'],
  ['an acknowledgement alone must be followed by another', hex('0a000000 52 00 8000 14000000 00000000 01000000 00000000'), 'maybe'],
  ['a length beyond it', hex('0a000000 51 00 8000 14000000 00000000 00000000 04000000 010203'), 'no'],
  ['two conversations in one', hex('0a000000 52 00 8000 14000000 00000000 01000000 00000000 0b000000 52 00 8000 14000000 00000000 01000000 00000000'), 'no'],
]);
