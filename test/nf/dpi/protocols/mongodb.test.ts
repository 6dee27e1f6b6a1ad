import { mongodb } from '../../../../src/nf/dpi/protocols/mongodb.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(mongodb, [
  ['a message', hex('1a000000 01000000 00000000 dd070000 00000000 00 05000000 00'), 'done'],
  ['a query of a collection', concat(hex('3a000000 01000000 00000000 d4070000 00000000'), latin1('admin.$cmd\0'), hex('00000000 ffffffff')), 'done'],
  ['a reply', hex('24000000 02000000 01000000 01000000 08000000 0000000000000000 00000000 01000000'), 'done'],
  ['an operation that does not exist', hex('1a000000 01000000 00000000 ff070000 00000000 00 05000000 00'), 'no'],
  ['flags that must be zero', hex('1a000000 01000000 00000000 dd070000 f0ff0000 00 05000000 00'), 'no'],
]);
