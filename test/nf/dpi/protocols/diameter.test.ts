import { diameter } from '../../../../src/nf/dpi/protocols/diameter.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(diameter, [
  ['capabilities are exchanged', hex('01 00001c 80 000101 00000000 00000001 00000002 00000108 40000010'), 'done'],
  ['a command that does not exist', hex('01 00001c 80 000001 00000000 00000001 00000002 00000108 40000010'), 'no'],
  ['reserved flags', hex('01 00001c 8f 000101 00000000 00000001 00000002 00000108 40000010'), 'no'],
]);
