import { thrift } from '../../../../src/nf/dpi/protocols/thrift.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(thrift, [
  ['a call', concat(hex('80010001 00000004'), latin1('ping'), hex('00000000 00')), 'done', { isStream: true }],
  ['the same in a frame', concat(hex('00000011 80010001 00000004'), latin1('ping'), hex('00000000 00')), 'done', { isStream: true }],
  ['compact', concat(hex('82 21 00 09'), latin1('emitBatch'), hex('00')), 'done', { isStream: false }],
  ['a name with a blank', concat(hex('80010001 00000004'), latin1('pi g'), hex('00000000 00')), 'no', { isStream: true }],
]);
