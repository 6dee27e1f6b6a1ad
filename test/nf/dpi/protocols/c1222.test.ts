import { c1222 } from '../../../../src/nf/dpi/protocols/c1222.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(c1222, [
  ['a call', hex('60 0a a2 03 06 01 01 a8 03 02 01 01'), 'done', { isStream: false }],
  ['another element', hex('60 0a b2 03 06 01 01 a8 03 02 01 01'), 'no'],
], { serverPort: 1153 });
