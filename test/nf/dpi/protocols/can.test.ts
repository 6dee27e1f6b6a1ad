import { can } from '../../../../src/nf/dpi/protocols/can.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(can, [
  ['frames', concat(latin1('ISO11898'), hex('01026a12f109083b20d67000')), 'done'],
  ['something else', latin1('ISO11899'), 'no'],
]);
