import { citrix } from '../../../../src/nf/dpi/protocols/citrix.js';
import { describeDissector } from '../ask.js';
import { hex, latin1 } from '../frames.js';

describeDissector(citrix, [
  ['ICA', hex('7f 7f 49 43 41 00'), 'done'],
  ['CGP', latin1('\x1aCGP/01'), 'done'],
  ['something else', hex('7f 7f 49 43 42 00'), 'no'],
]);
