import { tivo } from '../../../../src/nf/dpi/protocols/tivo.js';
import { describeDissector } from '../ask.js';
import { latin1 } from '../frames.js';

describeDissector(tivo, [
  ['a beacon', latin1('TiVoConnect=1\nswversion=1.0\n'), 'done', { isStream: false }],
  ['something else', latin1('TiVoConnec:1'), 'no'],
]);
