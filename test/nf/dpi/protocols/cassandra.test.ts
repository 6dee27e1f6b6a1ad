import { cassandra } from '../../../../src/nf/dpi/protocols/cassandra.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(cassandra, [
  ['a startup', concat(hex('04 00 0000 01 00000016 0001 000b'), latin1('CQL_VERSION'), hex('0005'), latin1('3.0.0')), 'done'],
  ['a question for options must be answered', hex('04 00 0000 05 00000000'), 'maybe'],
  ['a node that greets another', hex('ca552dfa 0c0a0c11 06 c6120002 1b58 f3cb19b3'), 'done'],
  ['another magic', hex('ca552dfb 0c0a0c11 06 c6120002 1b58 f3cb19b3'), 'no'],
  ['a length that is another', hex('04 00 0000 05 00000001'), 'no'],
]);
