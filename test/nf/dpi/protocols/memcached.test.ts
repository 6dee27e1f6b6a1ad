import { memcached } from '../../../../src/nf/dpi/protocols/memcached.js';
import { describeDissector } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describeDissector(memcached, [
  ['a get on its port', latin1('get session:1\r\n'), 'done', { serverPort: 11_211, isStream: true }],
  ['elsewhere a get could be anybody\'s', latin1('get session:1\r\n'), 'no', { isStream: true }],
  ['elsewhere a word of its own is supposed', latin1('gets session:1\r\n'), 'maybe', { isStream: true }],
  ['over UDP, behind a header', concat(hex('0001 0000 0001 0000'), latin1('stats\r\n')), 'done', { serverPort: 11_211, isStream: false }],
  ['a binary request', hex('80 00 0001 00 00 0000 00000001 00000000 0000000000000000 61'), 'done', { serverPort: 11_211, isStream: true }],
  ['a binary header whose length is another', hex('80 00 0001 00 00 0000 00000009 00000000 0000000000000000 61'), 'no', { serverPort: 11_211, isStream: true }],
]);
