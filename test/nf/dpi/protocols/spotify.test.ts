import { spotify } from '../../../../src/nf/dpi/protocols/spotify.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(spotify, [
  ['an announcement', concat(latin1('SpotUdp0'), hex('0102030405060708')), 'done'],
  ['something else', latin1('SpotTcp0'), 'no'],
]);
