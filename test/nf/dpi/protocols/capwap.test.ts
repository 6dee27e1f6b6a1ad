import { capwap } from '../../../../src/nf/dpi/protocols/capwap.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(capwap, [
  ['a discovery request', hex('00 10 00 00 00000000 00000001 00 0003 00'), 'done'],
  ['an encrypted one', hex('01 000000 16 feff 0000 000000000000 0001 01'), 'done'],
  ['data', hex('00 10 00 00 00000000 08000000 0102'), 'maybe', { serverPort: 5247 }],
  ['a message that does not exist', hex('00 10 00 00 00000000 0000001b 00 0003 00'), 'no'],
  ['a header that is too short', hex('00 08 00 00 00000001 00 0003 00'), 'no'],
], { serverPort: 5246 });
