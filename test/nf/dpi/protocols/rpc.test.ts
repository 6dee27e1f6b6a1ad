import { rpc } from '../../../../src/nf/dpi/protocols/rpc.js';
import { describeDissector } from '../ask.js';
import { hex } from '../frames.js';

describeDissector(rpc, [
  ['a call of NFS', hex('00000001 00000000 00000002 000186a3 00000003 00000001 00000000 00000000 00000000 00000000'), { outcome: 'done', name: 'NFS' }, { isStream: false }],
  ['over TCP behind a record mark', hex('80000028 00000001 00000000 00000002 000186a3 00000003 00000001 00000000 00000000 00000000 00000000'), 'done', { isStream: true }],
  ['an unknown program', hex('00000001 00000000 00000002 000286a3 00000003 00000001 00000000 00000000 00000000 00000000'), 'no', { isStream: false }],
  ['an answer does not say whose it is', hex('00000001 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000'), 'no', { isStream: false }],
]);
