import { vnc } from '../../../../src/nf/dpi/protocols/vnc.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(vnc, [
  ['a version', latin1('RFB 003.008\n'), 'done'],
  ['half of it', latin1('RFB '), 'more'],
  ['something else', latin1('RFB 003-008\n'), 'no'],
]);
