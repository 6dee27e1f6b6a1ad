import { openvpn } from '../../../../src/nf/dpi/protocols/openvpn.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(openvpn, [
  ['a client\'s reset in the clear', hex('38 0102030405060708 00 00000000'), 'done', { isStream: false }],
  ['a server\'s answer', hex('40 1112131415161718 01 00000000 0102030405060708 00000000'), 'done', { isStream: false }],
  ['signed with SHA-1', hex(`38 0102030405060708 ${'ab'.repeat(20)} 00000001 5f000000 00 00000000`), 'done', { isStream: false }],
  ['encrypted', hex(`38 0102030405060708 00000001 5f000000 ${'cd'.repeat(37)}`), 'done', { isStream: false }],
  ['over TCP a length goes before', hex('000e 38 0102030405060708 00 00000000'), 'done', { isStream: true }],
  ['a length that is another', hex('000f 38 0102030405060708 00 00000000'), 'no', { isStream: true }],
  ['noise that begins alike', hex(`38 ${'9e'.repeat(60)}`), 'no', { isStream: false }],
]);
