import { describe, expect, it } from 'vitest';
import { ssh } from '../../../../src/nf/dpi/protocols/ssh.js';
import { ask, expectRobust, tells } from '../ask.js';
import { latin1 } from '../frames.js';

describe('SSH', () => {
  it('the banner names it', () => {
    expect(ask(ssh, latin1('SSH-2.0-OpenSSH_9.6\r\n'))).toEqual({ outcome: 'doneHere', name: 'SSH', host: '' });
  });

  it('either side tells its software', () => {
    expect(tells(ssh, latin1('SSH-2.0-OpenSSH_9.6\r\n'))).toEqual({ ssh: { client: 'SSH-2.0-OpenSSH_9.6' } });
    expect(tells(ssh, latin1('SSH-2.0-dropbear\r\n'), { fromClient: false })).toEqual({ ssh: { server: 'SSH-2.0-dropbear' } });
  });

  it('half a banner could be SSH', () => {
    expect(ask(ssh, latin1('SS'))).toEqual({ outcome: 'more', name: '', host: '' });
  });

  it('version 3 does not exist', () => {
    expect(ask(ssh, latin1('SSH-3.0-x\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('SSH-2.0-OpenSSH_9.6\r\n'),
      latin1('SS'),
      latin1('SSH-3.0-x\r\n'),
    ];
    expectRobust(ssh, samples);
  });
});
