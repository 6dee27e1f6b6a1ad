import { kerberos } from '../../../../src/nf/dpi/protocols/kerberos.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(kerberos, [
  ['an AS-REQ over UDP is a client\'s', hex('6a 81 8a 30 81 87 a1 03 02 01 05 a2 03 02 01 0a a3 00'), 'done', { isStream: false }],
  ['over TCP a length goes before', hex('0000008d 6a 81 8a 30 81 87 a1 03 02 01 05 a2 03 02 01 0a a3 00'), 'done', { isStream: true }],
  ['an error counts its fields from 0', hex('7e 1c 30 1a a0 03 02 01 05 a1 03 02 01 1e a4 00'), 'done', { isStream: false }],
  ['a type that is not its tag\'s', hex('6a 1c 30 1a a1 03 02 01 05 a2 03 02 01 0b a4 00'), 'no', { isStream: false }],
  ['version 4', hex('6a 1c 30 1a a1 03 02 01 04 a2 03 02 01 0a a4 00'), 'no', { isStream: false }],
]);
