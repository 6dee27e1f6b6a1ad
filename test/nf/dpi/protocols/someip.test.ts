import { someip } from '../../../../src/nf/dpi/protocols/someip.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(someip, [
  ['service discovery', hex('ffff8100 00000010 00000001 01 01 02 00 c000000000000000'), 'done'],
  ['any other message must be followed by one of its service', hex('01010009 0000000a 00000005 01 01 00 00 0102'), 'maybe'],
  ['a length that is another', hex('01010009 0000000b 00000005 01 01 00 00 0102'), 'no'],
]);
