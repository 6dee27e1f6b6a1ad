import { ike } from '../../../../src/nf/dpi/protocols/ike.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(ike, [
  ['IKE 2: the first request', hex('0102030405060708 0000000000000000 21 20 22 08 00000000 0000001c'), { outcome: 'done', name: 'IPSec' }, { serverPort: 500 }],
  ['IKE 1: main mode', hex('0102030405060708 0000000000000000 01 10 02 00 00000000 0000001c'), 'done', { serverPort: 500 }],
  ['behind the mark of NAT traversal', hex('00000000 0102030405060708 1112131415161718 2e 20 23 08 00000001 0000001c'), 'done', { serverPort: 4500 }],
  ['ESP in UDP: two packets must agree', hex('c0ffee01 00000001 0011223344556677'), 'maybe', { serverPort: 4500 }],
  ['a length that is another', hex('0102030405060708 0000000000000000 21 20 22 08 00000000 0000002c'), 'no', { serverPort: 500 }],
]);
