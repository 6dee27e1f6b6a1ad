/** A session of ssh through Millrace, with keys of its own in a folder that goes away. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { canUseNamespaces } from './lab.js';
import { SERVER, type Proof } from './proof-hosts.js';

const SSHD = '/usr/sbin/sshd';
const INPUT_BYTES = 1 << 20;

/** What there is not; null: all is there. */
export function missingForSsh(): string | null {
  if (!canUseNamespaces('ssh', 'ssh-keygen')) return 'there is no ssh, or no ssh-keygen';
  return existsSync(SSHD) ? null : `there is no ${SSHD}`;
}

export async function sshSession({ lab }: Proof): Promise<string> {
  const at = (name: string): string => `${lab.folder}/${name}`;
  for (const name of ['host', 'user']) lab.run('server', 'ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(`ssh-${name}`));
  const configuration = lab.write('sshd_config', `Port 22\nHostKey ${at('ssh-host')}\nAuthorizedKeysFile ${at('ssh-user.pub')}
StrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nPidFile none\n`);
  // sshd wants a folder of its own: made on a file system that only this namespace sees, where the machine has none.
  const sshd = lab.start('server', 'sh', '-c', `[ -d /run/sshd ] || { mount -t tmpfs none /run && mkdir /run/sshd; }; exec ${SSHD} -D -e -f ${configuration}`);
  await sshd.says(/Server listening/);
  const input = randomBytes(INPUT_BYTES);
  const session = lab.start('client', 'ssh', '-F', 'none', '-i', at('ssh-user'), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null',
    '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', `root@${SERVER}`, 'echo $SSH_CONNECTION; sha256sum');
  session.child.stdin!.end(input);
  const { code, stdout, stderr } = await session.ended;
  assert.equal(code, 0, stderr + sshd.stderr);
  const [connection, sum] = stdout.split('\n');
  // The server sees the address that NAT gives out.
  assert.match(connection, /^203\.0\.113\.1 \d+ 198\.51\.100\.2 22$/);
  assert.equal(sum.split(' ')[0], createHash('sha256').update(input).digest('hex'));
  return `connection ${connection}; ${INPUT_BYTES} bytes of input, equal SHA-256`;
}
