import { ldp } from '../../../../src/nf/dpi/protocols/ldp.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(ldp, [
  ['a hello', hex('0001 001e 0a000006 0000 0100 0014 00000000 0400 0004 000f 0000 0401 0004 0a000006'), 'done', { isStream: false }],
  ['a message that does not exist', hex('0001 001e 0a000006 0000 0900 0014 00000000 0400 0004 000f 0000 0401 0004 0a000006'), 'no'],
  ['on another port', hex('0001 001e 0a000006 0000 0100 0014 00000000 0400 0004 000f 0000'), 'no', { serverPort: 647 }],
], { serverPort: 646 });
