import { dnp3 } from '../../../../src/nf/dpi/protocols/dnp3.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(dnp3, [
  ['a link frame', hex('0564 05 c9 0100 0000 de8e'), 'done'],
  ['with a check value that is wrong', hex('0564 05 c9 0100 0000 0000'), 'no'],
  ['a length below the least', hex('0564 04 c9 0100 0000 393b'), 'no'],
]);
