import { ldap } from '../../../../src/nf/dpi/protocols/ldap.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(ldap, [
  ['a bind of version 3', hex('30 0c 02 01 01 60 07 02 01 03 04 00 80 00'), 'done', { isStream: true }],
  ['a bind of version 9', hex('30 0c 02 01 01 60 07 02 01 09 04 00 80 00'), 'no'],
  ['its answer', hex('30 0c 02 01 01 61 07 0a 01 00 04 00 04 00'), 'done'],
  ['a search, over UDP too', hex('30 1b 02 01 02 63 16 04 02 6f3d 0a 01 02 0a 01 00 02 01 00 02 01 00 01 01 00 87 00'), 'done', { isStream: false }],
  ['SNMP begins alike', hex('30 26 02 01 01 04 06 7075626c6963 a0 19 02 04'), 'no', { isStream: false }],
]);
