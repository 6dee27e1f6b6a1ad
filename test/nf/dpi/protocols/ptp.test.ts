import { ptp } from '../../../../src/nf/dpi/protocols/ptp.js';
import { describeDissector } from '../ask.js';
import { concat, hex } from '../frames.js';

describeDissector(ptp, [
  ['a sync', concat(hex('00 02 002c'), new Uint8Array(40)), 'done'],
  ['longer than the datagram', concat(hex('00 02 002d'), new Uint8Array(40)), 'no'],
  ['a message that does not exist', concat(hex('04 02 002c'), new Uint8Array(40)), 'no'],
  ['version 1', concat(hex('00 01 002c'), new Uint8Array(40)), 'no'],
], { serverPort: 319 });
