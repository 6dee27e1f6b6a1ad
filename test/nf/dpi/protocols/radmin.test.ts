import { radmin } from '../../../../src/nf/dpi/protocols/radmin.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(radmin, [
  ['a message', hex('01 00000001 00000008 08'), 'done'],
  ['a length that is another', hex('01 00000002 00000008 08'), 'no'],
], { serverPort: 4899 });
