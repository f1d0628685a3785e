import type { TlsFiles } from './remoteOptions.ts'

/** Why there is no engine at the end of a TLS connection, for its user. */
export interface TlsFailure {
  readonly message: string
  readonly hint: string
}

/** The certificate that the engine shows, as far as it has one. */
export interface ShownCertificate {
  /** Names and addresses that it is for. */
  readonly names: readonly string[]
  readonly subject: string
  readonly issuer: string
  /** `Nov 26 01:00:00 2026 GMT` */
  readonly validFrom: string
  readonly validTo: string
}

/** `code` is OpenSSL's, or Node's for a name that does not fit; `name` is what the certificate is to be for. */
export function describeServerCertificate(code: string, shown: ShownCertificate, { cacert }: TlsFiles, name: string): TlsFailure {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { message: `its certificate is not for ${name}, but for ${shown.names.join(', ') || shown.subject}`, hint: `address it by such a name, or say which one to expect: --driver-opt servername=${shown.names[0] ?? shown.subject}` }
    case 'CERT_HAS_EXPIRED':
      return { message: `its certificate, or its authority’s, has expired: it was valid until ${shown.validTo}`, hint: 'renew it there; where that date is yet to come, see that the clock of this machine is right' }
    case 'CERT_NOT_YET_VALID':
      return { message: `its certificate is not valid before ${shown.validFrom}`, hint: 'see that the clocks of both machines are right' }
    default:
      return { message: `its certificate (of ${shown.subject}, by ${shown.issuer}) is by no authority in ${cacert}`, hint: `give the certificate of the authority that signed it: --driver-opt cacert=FILE (${code})` }
  }
}

/** What the engine's side says of this one, by the alert that it sends. `own` says why the own certificate may be refused, as far as that can be told here. */
export function describeRefusal(code: string, { identity }: TlsFiles, own: string | undefined): TlsFailure {
  if (identity === undefined) return { message: 'it lets in clients with a certificate only', hint: 'have the authority that it trusts sign one, and give it: --driver-opt cert=FILE,key=FILE' }
  const reason = own ?? REFUSALS.get(code)
  return {
    message: `it refuses the certificate ${identity.cert}${reason === undefined ? '' : `: ${reason}`}`,
    hint: 'it is to be signed, for client authentication, by the authority that the engine was started with (its --tlscacert)',
  }
}

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'it does not know the authority that signed it'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'it has expired'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'it was revoked'],
  ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'it is not for client authentication'],
  ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', 'it may not use the engine'],
])

/** Of a connection that did not come as far as a certificate. Undefined for what is none of these. */
export function describeConnection(code: string): TlsFailure | undefined {
  const found = CONNECTIONS.get(code)
  return found === undefined ? undefined : { message: found[0], hint: found[1] }
}

const NO_LISTENER = 'see that the engine runs there, and listens on that port'
const UNREACHABLE = 'see that the machine is up, and that no firewall is between'

const CONNECTIONS: ReadonlyMap<string, readonly [message: string, hint: string]> = new Map([
  ['ECONNREFUSED', ['nothing listens there', NO_LISTENER]],
  ['ENOTFOUND', ['there is no machine of that name', 'see that the name is right']],
  ['EAI_AGAIN', ['its name cannot be looked up at the moment', 'see that this machine has a network']],
  ['EHOSTUNREACH', ['no way leads there', UNREACHABLE]],
  ['ENETUNREACH', ['no way leads there', UNREACHABLE]],
  ['ETIMEDOUT', ['it does not answer', UNREACHABLE]],
  ['ERR_SSL_WRONG_VERSION_NUMBER', ['what listens there speaks no TLS', 'start the engine with --tlscacert, --tlscert and --tlskey']],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', ['what listens there speaks no TLS', 'start the engine with --tlscacert, --tlscert and --tlskey']],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', ['it speaks no TLS of version 1.2 or newer', 'upgrade it']],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', ['it speaks TLS, and not BuildKit’s API', NO_LISTENER]],
])
