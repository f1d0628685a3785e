import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of PEM files. */
export interface CertificatePair {
  readonly certificate: string
  readonly key: string
}

/** An authority of its own, and what it vouches for; the files stand in one folder. */
export interface Authority extends CertificatePair {
  /** Of a server at `host`, or of a client. */
  issue(name: string, use: 'serverAuth' | 'clientAuth', host?: string): CertificatePair
}

/** Made by openssl in `folder`; files are named after `name`. */
export function createAuthority(folder: string, name: string): Authority {
  const pairOf = (file: string): CertificatePair => ({ certificate: join(folder, `${file}.pem`), key: join(folder, `${file}-key.pem`) })
  const openssl = (args: readonly string[]): void => void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const newKey = (key: string): readonly string[] => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', key]
  const own = pairOf(name)
  openssl(['req', '-x509', ...newKey(own.key), '-out', own.certificate, '-days', '2', '-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE'])
  return {
    ...own,
    issue(subject, use, host = '127.0.0.1') {
      const pair = pairOf(subject)
      const [request, extensions] = [join(folder, `${subject}.csr`), join(folder, `${subject}.ext`)]
      writeFileSync(extensions, `extendedKeyUsage=${use}\nsubjectAltName=DNS:localhost,IP:${host}\n`)
      openssl(['req', '-new', ...newKey(pair.key), '-out', request, '-subj', `/CN=${subject}`])
      openssl(['x509', '-req', '-in', request, '-CA', own.certificate, '-CAkey', own.key, '-CAcreateserial', '-out', pair.certificate, '-days', '2', '-extfile', extensions])
      return pair
    },
  }
}
