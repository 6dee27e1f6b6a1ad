import { dnscrypt } from '../../../../src/nf/dpi/protocols/dnscrypt.js';
import { describeDissector } from '../ask.js';
import { concat, latin1 } from '../frames.js';

describeDissector(dnscrypt, [
  ['an answer', concat(latin1('r6fnvWj8'), new Uint8Array(60)), 'done'],
  ['too short', latin1('r6fnvWj8'), 'no'],
]);
