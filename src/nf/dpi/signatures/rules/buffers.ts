/** The parts of traffic that a rule may look into, one row each: Suricata's names for them, and whose bytes they are. */

export type BufferName = (typeof BUFFERS)[number]['name'];

/**
 * `modifier`: the keyword of old, which stands behind a content and moves it into the buffer. `side`: who sends the bytes.
 * `protocol`: what the flow must be.
 */
export const BUFFERS = [
  { name: 'payload', modifier: null, side: 'any', protocol: '' },
  { name: 'http.method', modifier: 'http_method', side: 'to-server', protocol: 'http' },
  { name: 'http.uri', modifier: 'http_uri', side: 'to-server', protocol: 'http' },
  { name: 'http.uri.raw', modifier: 'http_raw_uri', side: 'to-server', protocol: 'http' },
  { name: 'http.host', modifier: 'http_host', side: 'to-server', protocol: 'http' },
  { name: 'http.host.raw', modifier: 'http_raw_host', side: 'to-server', protocol: 'http' },
  { name: 'http.user_agent', modifier: 'http_user_agent', side: 'to-server', protocol: 'http' },
  { name: 'http.referer', modifier: null, side: 'to-server', protocol: 'http' },
  { name: 'http.accept', modifier: null, side: 'to-server', protocol: 'http' },
  { name: 'http.accept_enc', modifier: null, side: 'to-server', protocol: 'http' },
  { name: 'http.accept_lang', modifier: null, side: 'to-server', protocol: 'http' },
  { name: 'http.request_line', modifier: null, side: 'to-server', protocol: 'http' },
  { name: 'http.request_body', modifier: 'http_client_body', side: 'to-server', protocol: 'http' },
  { name: 'http.header', modifier: 'http_header', side: 'any', protocol: 'http' },
  { name: 'http.header.raw', modifier: 'http_raw_header', side: 'any', protocol: 'http' },
  { name: 'http.cookie', modifier: 'http_cookie', side: 'any', protocol: 'http' },
  { name: 'http.content_type', modifier: null, side: 'any', protocol: 'http' },
  { name: 'http.content_len', modifier: null, side: 'any', protocol: 'http' },
  { name: 'http.connection', modifier: null, side: 'any', protocol: 'http' },
  { name: 'http.protocol', modifier: null, side: 'any', protocol: 'http' },
  { name: 'http.stat_code', modifier: 'http_stat_code', side: 'to-client', protocol: 'http' },
  { name: 'http.stat_msg', modifier: 'http_stat_msg', side: 'to-client', protocol: 'http' },
  { name: 'http.response_line', modifier: null, side: 'to-client', protocol: 'http' },
  { name: 'http.server', modifier: null, side: 'to-client', protocol: 'http' },
  { name: 'http.location', modifier: null, side: 'to-client', protocol: 'http' },
  { name: 'http.response_body', modifier: 'http_server_body', side: 'to-client', protocol: 'http' },
  { name: 'tls.sni', modifier: null, side: 'to-server', protocol: 'tls' },
  { name: 'ja4.hash', modifier: null, side: 'to-server', protocol: 'tls' },
  { name: 'tls.version', modifier: null, side: 'to-client', protocol: 'tls' },
  { name: 'tls.cert_subject', modifier: null, side: 'to-client', protocol: 'tls' },
  { name: 'tls.cert_issuer', modifier: null, side: 'to-client', protocol: 'tls' },
  { name: 'dns.query', modifier: null, side: 'to-server', protocol: 'dns' },
] as const satisfies readonly { name: string; modifier: string | null; side: 'any' | 'to-server' | 'to-client'; protocol: string }[];

/** Other names of buffers. */
export const BUFFER_ALIASES: Readonly<Record<string, BufferName>> = {
  tls_sni: 'tls.sni', tls_cert_subject: 'tls.cert_subject', tls_cert_issuer: 'tls.cert_issuer', dns_query: 'dns.query',
};

const NUMBERS = new Map<string, number>(BUFFERS.map(({ name }, number) => [name, number]));

export function bufferNumber(name: BufferName): number {
  return NUMBERS.get(name) ?? 0;
}
