import { knx } from '../../../../src/nf/dpi/protocols/knx.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(knx, [
  ['a search', hex('06 10 0201 000e 08 01 c0a80105 0e57'), 'done', { isStream: false }],
  ['two messages in a segment', hex('06 10 0421 000a 04010000 06 10 0421 000a 04010100'), 'done', { isStream: true }],
  ['a length that is another', hex('06 10 0201 000f 08 01 c0a80105 0e57'), 'no'],
]);
