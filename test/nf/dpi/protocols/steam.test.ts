import { steam } from '../../../../src/nf/dpi/protocols/steam.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(steam, [
  ['clients that look for each other', hex('ffffffff 214c5fa0 16000000 08fc'), 'done'],
  ['a question to a game server', concat(hex('ffffffff'), latin1('TSource Engine Query\0')), 'done'],
  ['something else', hex('ffffffff 214c5fa1 16000000 08fc'), 'no'],
]);
