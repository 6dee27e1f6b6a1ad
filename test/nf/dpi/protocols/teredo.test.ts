import { teredo } from '../../../../src/nf/dpi/protocols/teredo.js';
import { describeDissector } from '../ask.js';
import { concat, hex } from '../frames.js';

describeDissector(teredo, [
  ['a bubble', concat(hex('60000000 0000 3b 15'), new Uint8Array(32)), 'done'],
  ['with its origin', concat(hex('0000 9fff 3ffffdfe 60000000 0000 3b 15'), new Uint8Array(32)), 'done'],
  ['with an authentication', concat(hex('0001 00 00 0102030405060708 00 60000000 0000 3b 15'), new Uint8Array(32)), 'done'],
  ['a packet that does not fill it', concat(hex('60000000 0001 3b 15'), new Uint8Array(32)), 'no'],
  ['IPv4', concat(hex('45000000 0000 3b 15'), new Uint8Array(32)), 'no'],
], { serverPort: 3544 });
