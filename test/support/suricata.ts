/** Suricata over captures, as the oracle of rules and of EVE. Tests that want it skip themselves where it is not installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';

/** The part of its configuration that matters here: connections whose beginning is missing count, checksums do not. */
const SETTINGS = `%YAML 1.1
---
vars:
  address-groups: { HOME_NET: "[10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7]", EXTERNAL_NET: "!$HOME_NET" }
outputs:
  - eve-log: { enabled: yes, filetype: regular, filename: eve.json, types: [alert: {}, http: {}, dns: {}, tls: {}, quic: {}, flow: {}] }
app-layer:
  protocols:
    http: { enabled: yes, libhtp: { default-config: { personality: IDS, request-body-limit: 100kb, response-body-limit: 100kb } } }
    tls: { enabled: yes, detection-ports: { dp: 443 } }
    dns: { tcp: { enabled: yes, detection-ports: { dp: 53 } }, udp: { enabled: yes, detection-ports: { dp: 53 } } }
    ssh: { enabled: yes }
    smtp: { enabled: yes }
    quic: { enabled: yes }
stream: { memcap: 64mb, checksum-validation: no, midstream: true, inline: no, reassembly: { memcap: 256mb, depth: 0 } }
flow: { memcap: 128mb, hash-size: 65536 }
host: { memcap: 32mb }
defrag: { memcap: 32mb }
unix-command: { enabled: no }
`;

/** Not of any package. */
const [SURICATA] = ['suricata'] as const;

/** True where there is a `suricata`; says so otherwise. */
export function hasSuricata(): boolean {
  const found = spawnSync(SURICATA, ['-V']).status === 0;
  if (!found) console.warn('skipped: suricata is not installed');
  return found;
}

export type EveRecord = Readonly<Record<string, unknown>>;

/** Its EVE records over a capture. */
export function suricataOver(capture: string, rules: string): EveRecord[] {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-suricata-'));
  try {
    writeFileSync(join(folder, 'suricata.yaml'), SETTINGS);
    const { status, stderr, stdout } = spawnSync(SURICATA, ['-c', join(folder, 'suricata.yaml'), '-S', rules, '-r', capture, '-l', folder, '-k', 'none'], { encoding: 'utf8' });
    const log = join(folder, 'eve.json');
    if (status !== 0 || !existsSync(log)) throw new Error(`suricata over ${capture}: ${stderr}${stdout}`);
    return readFileSync(log, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as EveRecord);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The two ends of what a record is about, whoever sent. */
export function endsOf({ proto, src_ip, src_port, dest_ip, dest_port }: EveRecord): string {
  const address = (text: unknown): string => (ipaddr.isValid(String(text)) ? ipaddr.parse(String(text)).toString() : String(text));
  const ends = [`${address(src_ip)} ${Number(src_port ?? 0)}`, `${address(dest_ip)} ${Number(dest_port ?? 0)}`].sort();
  return `${String(proto).toUpperCase().replace('IPV6-', '')} ${ends.join(' ')}`;
}
