import { readFileSync } from 'node:fs'
import type { ExtraHost } from '../graph/vertex.ts'

/** /etc/hosts of a container, as BuildKit has it; hosts that the build names come last. */
export function formatHosts(hostname: string, extraHosts: readonly ExtraHost[]): string {
  const lines = [`127.0.0.1\tlocalhost ${hostname}`, '::1\tlocalhost ip6-localhost ip6-loopback', ...extraHosts.map(({ host, ip }) => `${ip}\t${host}`)]
  return lines.map((line) => `${line}\n`).join('')
}

/**
 * /etc/resolv.conf of a container. It shares the machine's network, so a name server on localhost answers there, too,
 * and the file is the machine's as it is. Empty where the machine has none: then localhost is asked (resolv.conf(5)).
 */
export function readResolvConf(path = '/etc/resolv.conf'): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Parts of resolv.conf(5). */
export interface DnsParts {
  readonly nameservers: readonly string[]
  readonly options: readonly string[]
  readonly searchDomains: readonly string[]
}

/** `text` with the parts of `dns` that are not empty in the place of its own. */
export function withDns(text: string, dns: DnsParts | undefined): string {
  if (dns === undefined) return text
  const parts = [
    { keywords: ['nameserver'], lines: dns.nameservers.map((address) => `nameserver ${address}`) },
    { keywords: ['search', 'domain'], lines: dns.searchDomains.length === 0 ? [] : [`search ${dns.searchDomains.join(' ')}`] },
    { keywords: ['options'], lines: dns.options.length === 0 ? [] : [`options ${dns.options.join(' ')}`] },
  ].filter(({ lines }) => lines.length > 0)
  const replaced = new Set(parts.flatMap(({ keywords }) => keywords))
  const kept = text.split('\n').filter((line) => line !== '' && !replaced.has(line.trim().split(/\s/)[0] ?? ''))
  return [...parts.flatMap(({ lines }) => lines), ...kept].map((line) => `${line}\n`).join('')
}
