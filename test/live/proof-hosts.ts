/** What the proof runs on: a client and a server with Millrace between, as a bump in the wire, and the server's programs. */
import { readFileSync, readdirSync } from 'node:fs';
import type { Report } from 'millrace';
import { ask } from '../../src/runtime/control/client.js';
import { ROOT } from '../tidy/source-files.js';
import { Lab, type Program } from './lab.js';

/** What the far end of Millrace's outside port is; `one-thread`: a cable, and Millrace in one thread. */
export type Peer = 'cable' | 'one-thread' | 'vxlan';

export interface Extent {
  fileBytes: number;
  /** How long each run of iperf3 takes. */
  seconds: number;
}

export const SERVER = '198.51.100.2';
export const SERVER6 = '2001:db8::2';
/** A port that the firewall answers for. */
export const REJECTED_PORT = 82;
export const PROGRAMS = ['ping', 'curl', 'nginx', 'openssl', 'dnsmasq', 'dig', 'iperf3', 'nstat'];

export class Proof {
  readonly lab = new Lab();
  readonly peer: Peer;
  readonly extent: Extent;
  #millrace: Program | null = null;

  constructor(peer: Peer, extent: Extent) {
    this.peer = peer;
    this.extent = extent;
  }

  /** The network, the server's programs, and Millrace between. */
  async open(): Promise<void> {
    this.#network();
    await this.#servers();
    this.#millrace = await this.lab.millrace('middle', this.#configuration(), '--json');
  }

  get millrace(): Program {
    if (this.#millrace === null) throw new Error('it is not open yet');
    return this.#millrace;
  }

  /** The report as of now. */
  soFar(): Promise<Report> {
    const folder = `${this.lab.folder}/millrace`;
    return ask(`${folder}/${readdirSync(folder)[0]}`, 'stats');
  }

  /** The example's chain, its outside port turned to the peer. */
  #configuration(): string {
    const text = readFileSync(`${ROOT}examples/live/edge.yaml`, 'utf8').replace('../signatures.yaml', `${ROOT}examples/signatures.yaml`)
      .replace('- allow out any', `- reject out tcp from any to any port ${REJECTED_PORT}\n          - allow out any`);
    if (this.peer !== 'vxlan') return this.peer === 'cable' ? text : `${text}\nthreads: one\n`;
    return text
      .replace('{ kind: af-packet, interface: outside }', '{ kind: vxlan, vni: 42, remote: 192.0.2.2 }')
      // Long packets are cut where one port is a tunnel: many small slots, so that bursts find room.
      .replace(/memory: .*/, 'memory: { slots: 16384 }');
  }

  #network(): void {
    const { lab } = this;
    for (const name of ['client', 'middle', 'server']) lab.namespace(name);
    lab.cable(['client', 'net0'], ['middle', 'inside']);
    if (this.peer !== 'vxlan') lab.cable(['server', 'net0'], ['middle', 'outside']);
    else {
      lab.cable(['server', 'underlay'], ['middle', 'underlay']);
      lab.address('middle', 'underlay', '192.0.2.1/24');
      lab.address('server', 'underlay', '192.0.2.2/24');
      lab.run('server', 'ip', 'link', 'add', 'net0', 'type', 'vxlan', 'id', '42', 'remote', '192.0.2.1', 'dstport', '4789');
      lab.run('server', 'ip', 'link', 'set', 'net0', 'mtu', '1450', 'up');
    }
    lab.address('client', 'net0', '10.0.0.2/24', 'fd00::2/64');
    lab.address('server', 'net0', `${SERVER}/24`, `${SERVER6}/64`);
    const macOf = (name: string): string => /link\/ether (\S+)/.exec(lab.run(name, 'ip', '-o', 'link', 'show', 'net0'))![1];
    const neighbour = (name: string, address: string, mac: string): string => lab.run(name, 'ip', 'neighbour', 'add', address, 'lladdr', mac, 'dev', 'net0');
    // No hop between, so each side is told where the other is.
    lab.run('client', 'ip', 'route', 'add', 'default', 'via', '10.0.0.1');
    lab.run('client', 'ip', '-6', 'route', 'add', 'default', 'via', 'fd00::1');
    neighbour('client', '10.0.0.1', macOf('server'));
    neighbour('client', 'fd00::1', macOf('server'));
    lab.run('server', 'ip', 'route', 'add', '203.0.113.1', 'dev', 'net0');
    lab.run('server', 'ip', '-6', 'route', 'add', 'fd00::2', 'dev', 'net0');
    neighbour('server', '203.0.113.1', macOf('client'));
    neighbour('server', 'fd00::2', macOf('client'));
  }

  async #servers(): Promise<void> {
    const { lab, extent } = this;
    const { folder } = lab;
    lab.run('server', 'sh', '-c', `head -c ${extent.fileBytes} /dev/urandom > ${folder}/large; echo small > ${folder}/small; chmod 755 ${folder}`);
    lab.run('server', 'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=server.example', '-keyout', `${folder}/key`, '-out', `${folder}/certificate`);
    const site = `root ${folder};`;
    lab.start('server', 'nginx', '-e', 'stderr', '-c', lab.write('nginx.conf', `daemon off; user root; pid ${folder}/nginx.pid; worker_processes 1;
      events { worker_connections 2048; }
      http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
        server { listen 80 backlog=1024; listen [::]:80; listen 81; ${site} }
        server { listen 443 ssl; ssl_certificate ${folder}/certificate; ssl_certificate_key ${folder}/key; ${site} } }`));
    lab.start('server', 'dnsmasq', '--no-daemon', '--no-resolv', '--no-hosts', '--address=/www.example/192.0.2.80', '--port=53');
    lab.start('server', 'iperf3', '-s');
    for (const until = Date.now() + 10_000; Date.now() < until; ) {
      if ((await lab.finish('server', 'curl', '-s', '-o', '/dev/null', `http://${SERVER}/small`)).code === 0) return;
    }
    throw new Error('nginx does not answer');
  }
}
