import { cip } from '../../../../src/nf/dpi/protocols/cip.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(cip, [
  ['connected data', hex('0200 0280 0800 787b3a00e8cb5e04 b100 0400 03000000'), 'done'],
  ['a length that is another', hex('0200 0280 0800 787b3a00e8cb5e04 b100 0500 03000000'), 'no', { isWhole: true }],
]);
