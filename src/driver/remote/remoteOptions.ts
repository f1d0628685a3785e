import { isAbsolute } from 'node:path'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import { createOptionCheck, filledValue } from '../builders/optionCheck.ts'
import { SILENCE_MS } from './linkWatch.ts'

/** What `--driver-opt` says of a node of the remote driver: buildx's options, and how long to wait for an answer, at first and in the middle. */
export interface RemoteOptions {
  /** Undefined where none of its options is given. */
  readonly tls: TlsFiles | undefined
  readonly timeoutMs: number
  /** After which silence the engine is asked for a sign of life; after three the way is cut. */
  readonly silenceMs: number
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
const MAX_TIMEOUT_MS = 24 * 3600 * 1000

const FILES = ['cacert', 'cert', 'key'] as const
const TLS = [...FILES, 'servername'] as const

const checkEach = createOptionCheck('remote', new Map([...FILES.map((file) => [file, absolutePath] as const), ['servername', filledValue], ['timeout', duration], ['silence', duration]]))

/** What `create` and what reads a builder's file hold the options to. @throws InvalidValueError */
export function parseRemoteOptions(options: ReadonlyMap<string, string>): RemoteOptions {
  checkEach(options)
  const [timeout, silence] = [options.get('timeout'), options.get('silence')]
  return {
    tls: TLS.some((key) => options.has(key)) ? parseTls(options) : undefined,
    timeoutMs: timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(timeout),
    silenceMs: silence === undefined ? SILENCE_MS : durationMs(silence),
  }
}

/** What is kept is to mean the same wherever the command is called. */
function absolutePath(value: string): string | undefined {
  return isAbsolute(value) ? undefined : 'write the path of the file whole, from / on'
}

function duration(value: string): string | undefined {
  const ms = durationMs(value)
  return ms >= 1 && ms <= MAX_TIMEOUT_MS ? undefined : 'write a time such as 20s or 2m'
}

function durationMs(text: string): number {
  return Number(parseDurationNs(text) / 1_000_000n)
}

function parseTls(options: ReadonlyMap<string, string>): TlsFiles {
  const [cacert, cert, key] = FILES.map((name) => options.get(name))
  const missing = [...(cacert === undefined ? ['cacert'] : []), ...(cert !== undefined && key === undefined ? ['key'] : []), ...(key !== undefined && cert === undefined ? ['cert'] : [])]
  if (cacert === undefined || missing.length > 0) throw new InvalidValueError(`TLS needs --driver-opt ${missing.join(', ')} too`, { hint: 'write --driver-opt cacert=/ca.pem,cert=/cert.pem,key=/key.pem' })
  return { cacert, identity: cert === undefined || key === undefined ? undefined : { cert, key }, servername: options.get('servername') }
}
