import { tinc } from '../../../../src/nf/dpi/protocols/tinc.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(tinc, [
  ['who it is', latin1('0 node_1 17\n'), 'done'],
  ['with a minor version', latin1('0 node_1 17.7\n'), 'done'],
  ['another version', latin1('0 node_1 18\n'), 'no'],
  ['no name', latin1('0  17\n'), 'no'],
]);
