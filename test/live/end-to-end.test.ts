/**
 * Real programs through firewall, NAT and DPI between two network namespaces. The chain is a bump in the wire, so each side is
 * told where the other is. After it: the ledger balances, nothing is dropped that was not meant to be, no host has seen a wrong
 * checksum, and nothing is left behind.
 */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { ROOT } from '../tidy/source-files.js';
import { Lab, canUseNamespaces, reportOf, type Program } from './lab.js';

const usable = canUseNamespaces('ping', 'curl', 'nginx', 'openssl', 'dnsmasq', 'dig', 'iperf3', 'nstat');
const SERVER = '198.51.100.2';
const SERVER6 = '2001:db8::2';
const FILE_BYTES = 30_000_000;

let lab: Lab;
let millrace: Program;

const hash = (name: string, path: string): string => lab.run(name, 'sha256sum', path).split(' ')[0];
const macOf = (name: string): string => /link\/ether (\S+)/.exec(lab.run(name, 'ip', '-o', 'link', 'show', 'net0'))![1];

function network(): void {
  for (const name of ['client', 'middle', 'server']) lab.namespace(name);
  lab.cable(['client', 'net0'], ['middle', 'inside']);
  lab.cable(['server', 'net0'], ['middle', 'outside']);
  lab.address('client', 'net0', '10.0.0.2/24', 'fd00::2/64');
  lab.address('server', 'net0', `${SERVER}/24`, `${SERVER6}/64`);
  const neighbour = (name: string, address: string, mac: string): string => lab.run(name, 'ip', 'neighbour', 'add', address, 'lladdr', mac, 'dev', 'net0');
  lab.run('client', 'ip', 'route', 'add', 'default', 'via', '10.0.0.1');
  lab.run('client', 'ip', '-6', 'route', 'add', 'default', 'via', 'fd00::1');
  neighbour('client', '10.0.0.1', macOf('server'));
  neighbour('client', 'fd00::1', macOf('server'));
  lab.run('server', 'ip', 'route', 'add', '203.0.113.1', 'dev', 'net0');
  lab.run('server', 'ip', '-6', 'route', 'add', 'fd00::2', 'dev', 'net0');
  neighbour('server', '203.0.113.1', macOf('client'));
  neighbour('server', 'fd00::2', macOf('client'));
}

async function servers(): Promise<void> {
  const { folder } = lab;
  lab.run('server', 'sh', '-c', `head -c ${FILE_BYTES} /dev/urandom > ${folder}/large; echo small > ${folder}/small; chmod 755 ${folder}`);
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

describe.skipIf(!usable)('real programs through firewall, NAT and DPI', () => {
  beforeAll(async () => {
    lab = new Lab();
    network();
    await servers();
    const edge = readFileSync(`${ROOT}examples/live/edge.yaml`, 'utf8').replace('../signatures.yaml', `${ROOT}examples/signatures.yaml`);
    millrace = await lab.millrace('middle', edge, '--json');
  });
  afterAll(async () => { await lab.close(); });

  it('ping and ping6 lose nothing', async () => {
    for (const address of [SERVER, SERVER6]) {
      expect(await lab.pings('client', '-c', '5', address)).toContain(' 0% packet loss');
    }
  });

  it.each([['http', ''], ['https', '-k'], ['http6', '-6']])('curl fetches a large file by %s, byte for byte', async (scheme, flag) => {
    const url = scheme === 'http6' ? `http://[${SERVER6}]/large` : `${scheme}://${SERVER}/large`;
    const { code, stderr } = await lab.finish('client', 'curl', '-s', '-S', '-m', '50', ...(flag === '' ? [] : [flag]), '-o', `${lab.folder}/got`, url);
    expect(code, stderr).toBe(0);
    expect(hash('client', `${lab.folder}/got`)).toBe(hash('server', `${lab.folder}/large`));
  });

  it('dig looks a name up', async () => {
    expect((await lab.finish('client', 'dig', '+short', '+tries=2', `@${SERVER}`, 'www.example')).stdout.trim()).toBe('192.0.2.80');
  });

  it('iperf3 runs TCP both ways, and UDP', async () => {
    for (const flags of [[], ['-R'], ['-u', '-b', '50M', '-l', '1200']]) {
      const { code, stdout } = await lab.finish('client', 'iperf3', '-c', SERVER, '-t', '1', '-J', ...flags);
      expect(code, stdout.slice(0, 500)).toBe(0);
    }
  });

  it('500 connections at a time are served', async () => {
    const fetchAll = `const http=require('http');const one=()=>new Promise((y,n)=>http.get({host:'${SERVER}',path:'/small',agent:false},r=>{let t='';r.on('data',d=>t+=d).on('end',()=>y(t))}).on('error',n));`
      + "Promise.all(Array.from({length:500},one)).then(a=>console.log(a.filter(t=>t==='small\\n').length),e=>{console.error(e);process.exit(1)})";
    const { stdout, stderr } = await lab.finish('client', process.execPath, '-e', fetchAll);
    expect([stdout.trim(), stderr]).toEqual(['500', '']);
  });

  it('a denied port stays shut, and a signature ends its connection', async () => {
    expect((await lab.finish('client', 'curl', '-s', '-m', '1', `http://${SERVER}:81/small`)).code).toBe(28);
    expect((await lab.finish('client', 'curl', '-s', '-m', '1', '-d', 'MILLRACE-DROP-SIGNATURE', `http://${SERVER}/small`)).code).toBe(28);
  });

  it('a host name is seen', async () => {
    expect((await lab.finish('client', 'curl', '-s', '-k', '-o', '/dev/null', '--resolve', `seen.example:443:${SERVER}`, 'https://seen.example/small')).code).toBe(0);
  });

  it('and then the books balance, no host saw a wrong checksum, and every drop was meant', async () => {
    const report = await reportOf(millrace);
    expect([lab.checksumErrors('client'), lab.checksumErrors('server')]).toEqual([0, 0]);
    expect(report.hosts['seen.example']).toBeGreaterThan(0);
    expect(report.drops['firewall-denied']).toBeGreaterThan(0);
    expect(report.drops['dpi-signature']).toBeGreaterThan(0);
    const meant = ['no-path', 'firewall-denied', 'dpi-signature', 'firewall-invalid', 'nat-no-binding', 'nat-unsupported'];
    expect(Object.keys(report.drops).filter((reason) => !meant.includes(reason)), JSON.stringify(report.drops)).toEqual([]);
    expect(report.bytesCopied).toBe(0);
  });

  it('nothing is left of the namespaces', async () => {
    await lab.close();
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(`mr${process.pid}-`);
  });
});
