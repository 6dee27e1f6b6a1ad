import { netflow } from '../../../../src/nf/dpi/protocols/netflow.js';
import { describeDissector } from '../ask.js';
import { concat, hex } from '../frames.js';

describeDissector(netflow, [
  ['version 5', concat(hex('0005 0001 00000001 5f000000 00000000 00000001 00 00 0000'), new Uint8Array(48)), 'done'],
  ['version 9', hex('0009 0001 00000001 5f000000 00000001 00000000 0000 000c 0100 0001 0008 0004'), 'done'],
  ['IPFIX', hex('000a 001c 5f000000 00000001 00000000 0002 000c 0100 0001 0008 0004'), 'done'],
  ['fewer records than it says', concat(hex('0005 0002 00000001 5f000000 00000000 00000001 00 00 0000'), new Uint8Array(48)), 'no'],
  ['sets beyond the end', hex('0009 0001 00000001 5f000000 00000001 00000000 0000 000d 0100 0001 0008 0004'), 'no'],
  ['a set that does not exist', hex('0009 0001 00000001 5f000000 00000001 00000000 00ff 000c 0100 0001 0008 0004'), 'no'],
]);
