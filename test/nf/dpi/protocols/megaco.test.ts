import { megaco } from '../../../../src/nf/dpi/protocols/megaco.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(megaco, [
  ['short form', latin1('!/1 [10.0.0.1]:2944 T=1{C=-{AV=DS/1/5{AT{M}}}}'), 'done', { isStream: false }],
  ['long form', latin1('MEGACO/1 <gateway>\nTransaction=1'), 'done', { isStream: true }],
  ['no version', latin1('!/x [10.0.0.1]:2944'), 'no'],
]);
