import { formatBytes } from '../../render/measure.ts'
import type { Attempt, CertificateFacts, EngineFacts, HelperFacts, LoginFacts, ProxyFacts } from '../examine/machineFacts.ts'
import { ok, type Finding } from '../finding.ts'

export function judgeSettings(reading: Attempt): readonly Finding[] {
  return reading.kind === 'works' ? [] : [{ check: 'settings', state: 'fail', detail: reading.reason, remedy: 'repair the file, or remove it' }]
}

export function judgeCertificates(certificates: readonly CertificateFacts[]): readonly Finding[] {
  if (certificates.length === 0) return []
  const check = 'certificates'
  const bad = certificates.flatMap(({ path, problem }): readonly Finding[] => (problem === undefined ? [] : [{ check, state: 'warn', detail: `${path}: ${problem}`, remedy: 'put another one in its place, or remove it' }]))
  return bad.length > 0 ? bad : [ok(check, `${certificates.length} of registries`)]
}

export function judgeProxies(proxies: readonly ProxyFacts[]): readonly Finding[] {
  const check = 'proxies'
  const bad = proxies.flatMap(({ name, value, problem }): readonly Finding[] => (problem === undefined ? [] : [{ check, state: 'warn', detail: `${name} is ${value}: ${problem}`, remedy: `set ${name} to http://host:port` }]))
  const valueOf = (name: string): string | undefined => proxies.find((proxy) => proxy.name === name)?.value
  const split = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name): readonly Finding[] => {
    const [lower, upper] = [valueOf(name), valueOf(name.toUpperCase())]
    if (lower === undefined || upper === undefined || lower === upper) return []
    return [{ check, state: 'warn', detail: `${name} and ${name.toUpperCase()} differ, and programs go by one or the other`, remedy: `export ${name.toUpperCase()}="$${name}"` }]
  })
  const found = [...bad, ...split]
  if (found.length > 0 || proxies.length === 0) return found
  return [ok(check, proxies.map(({ name, value }) => `${name}=${value}`).join(' '))]
}

export function judgeLogins(logins: LoginFacts): readonly Finding[] {
  const check = 'logins'
  if (logins.kind === 'unreadable') return [{ check, state: 'fail', detail: logins.reason, remedy: 'repair the file, or remove it and log in again' }]
  const files = ok(check, logins.paths.length === 0 ? 'none: registries are asked without a name' : logins.paths.join(', '))
  return [files, ...logins.helpers.map(judgeHelper)]
}

function judgeHelper({ program, answer }: HelperFacts): Finding {
  const check = 'login helper'
  if (answer === undefined) return { check, state: 'warn', detail: `${program} is not installed: what it keeps is not used`, remedy: "install it, or take it out of Docker's config.json (credsStore, credHelpers)" }
  if (answer.kind === 'works') return ok(check, `${program} answers`)
  return { check, state: 'warn', detail: `${program} does not answer: ${answer.reason}`, remedy: `see what ${program} list says, or take it out of Docker's config.json (credsStore, credHelpers)` }
}

export function judgeEngine(engine: EngineFacts, ownVersion: string): readonly Finding[] {
  const check = 'engine'
  switch (engine.kind) {
    case 'running': {
      const process = engine.pid === undefined ? '' : `, process ${engine.pid} with ${formatBytes(engine.memoryBytes ?? 0)}`
      const detail = `running: ${engine.version}${process}, at ${engine.socket}`
      const own: Finding = engine.version === ownVersion ? ok(check, detail) : { check, state: 'warn', detail: `${detail}: not of this version, ${ownVersion}`, remedy: 'wait a minute: it ends when nobody uses it' }
      return [own, ...judgeSockets(engine.staleSockets)]
    }
    case 'idle':
      return [ok(check, 'not running: the next command starts it'), ...judgeSockets(engine.staleSockets)]
    case 'homeless':
      return [{ check, state: 'fail', detail: engine.reason, remedy: engine.remedy }]
  }
}

function judgeSockets(stale: readonly string[]): readonly Finding[] {
  return stale.length === 0 ? [] : [{ check: 'sockets', state: 'warn', detail: `${stale.length} of engines that were killed`, remedy: `rm ${stale.join(' ')}` }]
}
