import { ethereum } from '../../../../src/nf/dpi/protocols/ethereum.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(ethereum, [
  ['discovery: a ping', hex(`${'5a'.repeat(96)} 01 01 c3 04 c0 80`), 'done', { isStream: false }],
  ['a list that does not fill it', hex(`${'5a'.repeat(96)} 01 01 c9 04 c0 80`), 'no', { isStream: false }],
  ['a type that does not exist', hex(`${'5a'.repeat(96)} 01 09 c3 04 c0 80`), 'no', { isStream: false }],
  ['RLPx: a first message as long as it says', hex(`0085 04 ${'77'.repeat(132)}`), 'done', { isStream: true, isFirst: true }],
  ['the same, later', hex(`0085 04 ${'77'.repeat(132)}`), 'no', { isStream: true, isFirst: false }],
]);
