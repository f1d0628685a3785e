import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { EngineUnavailableError } from '../driver.ts'
import type { TlsFiles } from './remoteOptions.ts'

/** What the files of a node come to. */
export interface TlsIdentity {
  readonly context: SecureContext
  /** What is wrong with the own certificate at that time; undefined where nothing is, or there is none. */
  ownProblem(now: number): string | undefined
}

/** Reads the files anew: they are renewed now and then. @throws EngineUnavailableError that names the file that is not good */
export async function readTlsIdentity({ cacert, identity }: TlsFiles): Promise<TlsIdentity> {
  const authorities = await readCertificate('cacert', cacert)
  if (identity === undefined) return { context: createSecureContext({ ca: authorities.pem, minVersion: 'TLSv1.2' }), ownProblem: () => undefined }
  const own = await readCertificate('cert', identity.cert)
  const key = await readPem('key', identity.key)
  try {
    return { context: createSecureContext({ ca: authorities.pem, cert: own.pem, key, minVersion: 'TLSv1.2' }), ownProblem: (now) => describeDates(own.first, now) }
  } catch (error) {
    throw new EngineUnavailableError(`--driver-opt key=${identity.key} cannot be used: ${keyProblem(error, identity.cert)}`, { hint: 'give the key that the certificate was made for, without a passphrase', cause: error })
  }
}

async function readCertificate(option: string, path: string): Promise<{ readonly pem: Buffer; readonly first: X509Certificate }> {
  const pem = await readPem(option, path)
  try {
    return { pem, first: new X509Certificate(pem) }
  } catch (error) {
    throw new EngineUnavailableError(`--driver-opt ${option}=${path} is no certificate`, { hint: 'give a file that begins with -----BEGIN CERTIFICATE-----', cause: error })
  }
}

/** No file of keys is larger. */
const MAX_BYTES = 4 * 1024 * 1024

async function readPem(option: string, path: string): Promise<Buffer> {
  try {
    const bytes = await readFile(path)
    if (bytes.byteLength > MAX_BYTES) throw new Error('it is too large')
    return bytes
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'you may not read it' : message
    throw new EngineUnavailableError(`--driver-opt ${option}=${path} cannot be read: ${reason}`, { hint: 'pelago inspect shows the options of a node, and pelago create --node changes them', cause: error })
  }
}

function keyProblem(error: unknown, certificate: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' || code === 'ERR_OSSL_X509_KEY_TYPE_MISMATCH') return `it is not the key of ${certificate}`
  if (/passphrase|interrupted|bad.decrypt/i.test(`${code ?? ''} ${message}`)) return 'it has a passphrase'
  return `it is no private key (${code ?? message})`
}

function describeDates({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  if (now > Date.parse(validTo)) return `it has expired: it was valid until ${validTo}`
  return now < Date.parse(validFrom) ? `it is not valid before ${validFrom}` : undefined
}
