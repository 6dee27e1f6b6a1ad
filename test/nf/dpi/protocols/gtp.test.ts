import { gtp } from '../../../../src/nf/dpi/protocols/gtp.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(gtp, [
  ['version 1: a packet of a user', hex('30 ff 0004 00000001 45000000'), 'done'],
  ['version 2: an echo', hex('40 01 0009 000001 00 03 0001 00 05'), 'done', { serverPort: 2123 }],
  ['on another port', hex('30 ff 0004 00000001 45000000'), 'no', { serverPort: 2153 }],
  ['a length that is another', hex('30 ff 0005 00000001 45000000'), 'no'],
], { serverPort: 2152 });
