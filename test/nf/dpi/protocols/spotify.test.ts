import { spotify } from '../../../../src/nf/dpi/protocols/spotify.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(spotify, [
  ['an announcement', concat(latin1('SpotUdp0'), hex('0102030405060708')), 'done'],
  ['a hello to a server', hex('0004 00000010 52 07 50 01 0a020b0c0d0e'), 'done', { isStream: true }],
  ['of another length', hex('0004 00000011 52 07 50 01 0a020b0c0d0e'), 'no', { isStream: true }],
  ['something else', latin1('SpotTcp0'), 'no'],
]);
