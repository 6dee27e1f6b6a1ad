import { hsrp } from '../../../../src/nf/dpi/protocols/hsrp.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(hsrp, [
  ['version 1: a hello', hex('00 00 10 03 0a 78 01 00 636973636f000000 0a000001'), 'done'],
  ['version 2: a group\'s state', hex('01 28 02 00 05 04 0398 700f6aeff5bf 0000005a 00000bb8'), 'done'],
  ['a state that does not exist', hex('00 00 33 03 0a 78 01 00 636973636f000000 0a000001'), 'no'],
  ['on another port', hex('00 00 10 03 0a 78 01 00 636973636f000000 0a000001'), 'no', { serverPort: 1986 }],
], { serverPort: 1985 });
