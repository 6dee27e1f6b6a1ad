/** What EVE says of HTTP, TLS, QUIC and DNS, from the details that functions tell of flows. Main thread. */
import type { DetailValue, FlowDetails } from '../../nf/contract.js';
import { eveTlsVersion, inFull } from './names.js';

export type EveFields = Record<string, unknown>;
type Details = Readonly<Record<string, DetailValue>>;

/** EVE's name by ours. */
const HTTP_FIELDS: Readonly<Record<string, string>> = {
  host: 'hostname', target: 'url', userAgent: 'http_user_agent', contentType: 'http_content_type', referrer: 'http_refer', method: 'http_method', version: 'protocol',
  status: 'status',
};
const TLS_FIELDS: Readonly<Record<string, string>> = {
  certificateSubject: 'subject', certificateIssuer: 'issuerdn', certificateSerial: 'serial', certificateNames: 'subjectaltname', sni: 'sni', version: 'version',
  notBefore: 'notbefore', notAfter: 'notafter', ja4: 'ja4', alpn: 'client_alpns', alpnSelected: 'server_alpns',
};
const QUIC_FIELDS: Readonly<Record<string, string>> = { version: 'version', sni: 'sni', userAgent: 'ua', ja4: 'ja4', alpn: 'client_alpns' };

function renamed(details: Details, names: Readonly<Record<string, string>>): EveFields {
  return Object.fromEntries(Object.entries(names).flatMap(([ours, theirs]) => (details[ours] === undefined ? [] : [[theirs, details[ours]]])));
}

export function httpFields(details: Details): EveFields {
  const fields = renamed(details, HTTP_FIELDS);
  const authority = typeof fields['hostname'] === 'string' ? /^(\[.*\]|[^:]*):(\d{1,5})$/.exec(fields['hostname']) : null;
  return authority === null ? fields : { ...fields, hostname: authority[1], http_port: Number(authority[2]) };
}

export function tlsFields(details: Details): EveFields {
  const fields = renamed(details, TLS_FIELDS);
  if (typeof fields['version'] === 'string') fields['version'] = eveTlsVersion(fields['version']);
  // A list in EVE, of which the server takes one.
  if (typeof fields['server_alpns'] === 'string') fields['server_alpns'] = [fields['server_alpns']];
  return fields;
}

export function quicFields(details: Details): EveFields {
  return renamed(details, QUIC_FIELDS);
}

type Entry = Readonly<Record<string, string | number>>;

function entries(value: DetailValue | undefined): Entry[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter((entry): entry is Entry => typeof entry === 'object' && entry !== null) : [];
}

/** As EVE has it: IPv6 addresses in full, of MX the host alone. */
function recordData(type: string | number | undefined, data: string | number | undefined): string | number | undefined {
  if (type === 'AAAA') return inFull(String(data));
  return type === 'MX' ? String(data).replace(/^\d+ /, '') : data;
}

/** One record for each question of a query, one for an answer. */
export function dnsRecords(details: Details): { isAnswer: boolean; dns: EveFields }[] {
  const answers = entries(details['answers']).map(({ name, type, ttl, data }) => ({ rrname: name, rrtype: type, ttl, rdata: recordData(type, data) }));
  const grouped: Record<string, unknown[]> = {};
  for (const { rrtype, rdata } of answers) (grouped[String(rrtype)] ??= []).push(rdata);
  return [
    ...entries(details['queries']).map(({ id, name, type }) => ({
      isAnswer: false, dns: { version: 2, type: 'query', id, rrname: name, rrtype: type, tx_id: 0, opcode: 0 },
    })),
    ...entries(details['responses']).map(({ id, name, type, code }) => ({
      isAnswer: true,
      dns: { version: 2, type: 'answer', id, qr: true, opcode: 0, rrname: name, rrtype: type, rcode: code, ...(answers.length > 0 && { answers, grouped }) },
    })),
  ];
}

/** Of an alert, by where its packet went: what was asked last, or what was answered; both where that is not known. */
function dnsContext(details: Details, direction: unknown): EveFields {
  const records = dnsRecords(details);
  const query = direction === 'to-client' ? [] : records.filter(({ isAnswer }) => !isAnswer).map(({ dns: { version: _version, ...question } }) => question);
  const answer = direction === 'to-server' ? undefined : records.find(({ isAnswer }) => isAnswer);
  return query.length === 0 && answer === undefined ? {} : { dns: { version: 2, ...(query.length > 0 && { query }), ...(answer !== undefined && { answer: answer.dns }) } };
}

/** The part of an alert that says what its flow carried. */
export function contextOf(details: FlowDetails, direction: unknown): EveFields {
  return {
    ...(details['dns'] !== undefined && dnsContext(details['dns'], direction)),
    ...(details['http'] !== undefined && { http: httpFields(details['http']) }),
    ...(details['tls'] !== undefined && { tls: tlsFields(details['tls']) }),
    ...(details['quic'] !== undefined && { quic: quicFields(details['quic']) }),
  };
}
