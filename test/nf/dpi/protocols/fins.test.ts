import { fins } from '../../../../src/nf/dpi/protocols/fins.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(fins, [
  ['a command', hex('80 00 02 00 01 00 00 02 00 01 0101 82 0000 00 0001'), 'done', { isStream: false }],
  ['more gateways than there may be', hex('80 00 09 00 01 00 00 02 00 01 0101'), 'no', { isStream: false }],
  ['over TCP', hex('46494e53 0000000c 00000000 00000000 00000000'), 'done', { isStream: true }],
  ['of another length', hex('46494e53 0000000d 00000000 00000000 00000000'), 'no', { isStream: true }],
], { serverPort: 9600 });
