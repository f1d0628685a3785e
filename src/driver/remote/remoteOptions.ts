import { isAbsolute } from 'node:path'
import { InvalidValueError } from '../../ground/errors.ts'
import { nearest } from '../../ground/nearest.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import { DEFAULT_LOAD } from '../builders/builder.ts'

/** What `--driver-opt` says of a node of the remote driver: buildx's options, and how long to wait for an answer. */
export interface RemoteOptions {
  /** Undefined where none of its options is given. */
  readonly tls: TlsFiles | undefined
  readonly timeoutMs: number
}

/** Files of this machine, absolute. */
export interface TlsFiles {
  /** Of the authorities that sign the engine's certificate. */
  readonly cacert: string
  /** This machine's own certificate and its key; undefined where the engine asks for none. */
  readonly identity: { readonly cert: string; readonly key: string } | undefined
  /** The name in the engine's certificate; undefined where it is the address's host. */
  readonly servername: string | undefined
}

/** As long as buildx waits. */
const DEFAULT_TIMEOUT_MS = 20_000

const FILES = ['cacert', 'cert', 'key'] as const
const TLS = [...FILES, 'servername'] as const
const KNOWN = [...TLS, 'timeout', DEFAULT_LOAD] as const

/** @throws InvalidValueError */
export function parseRemoteOptions(options: ReadonlyMap<string, string>): RemoteOptions {
  for (const [key, value] of options) checkOption(key, value)
  return { tls: TLS.some((key) => options.has(key)) ? parseTls(options) : undefined, timeoutMs: parseTimeout(options.get('timeout')) }
}

function checkOption(key: string, value: string): void {
  if (!KNOWN.some((known) => known === key)) {
    const close = nearest(key, KNOWN)
    throw new InvalidValueError(`--driver-opt ${key} is no option of the driver remote`, { hint: close === undefined ? `there are ${KNOWN.join(', ')}` : `did you mean ${close}?` })
  }
  if (key === DEFAULT_LOAD && !/^(?:true|false)$/.test(value)) throw new InvalidValueError(`invalid --driver-opt ${key}: ${JSON.stringify(value)}`, { hint: `write ${key}=true or ${key}=false` })
  if (FILES.some((file) => file === key) && !isAbsolute(value)) throw new InvalidValueError(`invalid --driver-opt ${key}: ${JSON.stringify(value)} is no absolute path`, { hint: `write it whole: ${key}=/path/to/${key}.pem` })
}

function parseTls(options: ReadonlyMap<string, string>): TlsFiles {
  const [cacert, cert, key] = FILES.map((name) => options.get(name))
  const missing = [...(cacert === undefined ? ['cacert'] : []), ...(cert !== undefined && key === undefined ? ['key'] : []), ...(key !== undefined && cert === undefined ? ['cert'] : [])]
  if (cacert === undefined || missing.length > 0) throw new InvalidValueError(`TLS needs --driver-opt ${missing.join(', ')} too`, { hint: 'write --driver-opt cacert=/ca.pem,cert=/cert.pem,key=/key.pem' })
  return { cacert, identity: cert === undefined || key === undefined ? undefined : { cert, key }, servername: options.get('servername') }
}

function parseTimeout(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS
  const ms = Number(parseDurationNs(text) / 1_000_000n)
  if (ms < 1 || ms > 86_400_000) throw new InvalidValueError(`invalid --driver-opt timeout: ${JSON.stringify(text)}`, { hint: 'write a time such as 20s or 2m' })
  return ms
}
