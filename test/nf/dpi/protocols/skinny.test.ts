import { skinny } from '../../../../src/nf/dpi/protocols/skinny.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(skinny, [
  ['a message', hex('10000000 14000000 26000000 000000000000000000000000'), 'done'],
  ['a length that is another', hex('11000000 14000000 26000000 000000000000000000000000'), 'no'],
  ['on another port', hex('10000000 14000000 26000000 000000000000000000000000'), 'no', { serverPort: 2001 }],
], { serverPort: 2000 });
