import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidValueError } from '../../ground/errors.ts'
import { optionalObject, optionalString, optionalStringList, parseJsonObject, requiredString, toObject, type JsonObject } from '../../ground/jsonValue.ts'
import { configHome } from '../../kit/configHome.ts'
import { ifThere } from '../../kit/files/ifThere.ts'
import type { IdentityRule, KeySource, Policy, RequiredSigner, Requirement } from './policy.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The user's policy: the file that `PELAGO_POLICY` names, else the first there is of podman's, the user's own and the
 * system's; undefined where there is none. @throws InvalidValueError where it cannot be understood: nothing is let in by mistake
 */
export async function readPolicy(env: Env): Promise<Policy | undefined> {
  const chosen = env['PELAGO_POLICY'] ?? ''
  const paths = chosen === '' ? [join(configHome(env), 'containers', 'policy.json'), '/etc/containers/policy.json'] : [chosen]
  for (const path of paths) {
    const text = await ifThere(readFile(path, 'utf8'))
    if (text !== undefined) return { ...parsePolicy(text, path), trustedRoot: env['PELAGO_TRUSTED_ROOT'] }
  }
  if (chosen !== '') throw new InvalidValueError(`PELAGO_POLICY: no such file: ${chosen}`)
  return undefined
}

/** @throws InvalidValueError */
export function parsePolicy(text: string, path: string): Policy {
  const file = parseJsonObject(text, path)
  const docker = optionalObject(optionalObject(file, 'transports') ?? toObject({}, path), 'docker')
  const scopes = [...(docker?.fields.entries() ?? [])].map(([scope, value]) => [scope, parseRequirements(value, `${path}: transports.docker."${scope}"`)] as const)
  return { path, trustedRoot: undefined, byDefault: parseRequirements(file.fields.get('default'), `${path}: default`), scopes: new Map(scopes) }
}

function parseRequirements(value: unknown, place: string): readonly Requirement[] {
  if (!Array.isArray(value) || value.length === 0) throw new InvalidValueError(`${place}: expected a list with a requirement or more`)
  return value.map((item: unknown, index) => parseRequirement(toObject(item, `${place}[${index}]`), `${place}[${index}]`))
}

function parseRequirement(object: JsonObject, place: string): Requirement {
  const type = requiredString(object, 'type')
  switch (type) {
    case 'insecureAcceptAnything':
      return { kind: 'accept' }
    case 'reject':
      return { kind: 'reject' }
    case 'sigstoreSigned':
      refuseUnknown(object, ['type', 'keyPath', 'keyPaths', 'keyData', 'keyDatas', 'fulcio', 'rekorPublicKeyPath', 'rekorPublicKeyPaths', 'rekorPublicKeyData', 'rekorPublicKeyDatas', 'signedIdentity'], place)
      return { kind: 'signed', signer: parseSigner(object, place), identity: parseIdentity(optionalObject(object, 'signedIdentity'), place) }
    default:
      return { kind: 'unknown', type }
  }
}

function parseSigner(object: JsonObject, place: string): RequiredSigner {
  const keys = parseKeys(object, 'key')
  const logKeys = parseKeys(object, 'rekorPublicKey')
  const fulcio = optionalObject(object, 'fulcio')
  if ((fulcio === undefined) === (keys.length === 0)) throw new InvalidValueError(`${place}: expected either keys or fulcio`)
  if (fulcio === undefined) {
    if (logKeys.length > 0) throw new InvalidValueError(`${place}: keys together with rekorPublicKey are not supported`, { hint: 'leave rekorPublicKey out: the key alone decides' })
    return { kind: 'keys', keys }
  }
  refuseUnknown(fulcio, ['caPath', 'caData', 'oidcIssuer', 'subjectEmail'], place)
  const [authority] = parseKeys(fulcio, 'ca')
  if (authority === undefined || logKeys.length === 0) throw new InvalidValueError(`${place}: fulcio needs caPath or caData, and a rekorPublicKey beside it`)
  return { kind: 'certificate', authority, issuer: requiredString(fulcio, 'oidcIssuer'), email: requiredString(fulcio, 'subjectEmail'), logKeys }
}

/** `keyPath`, `keyPaths`, `keyData`, `keyDatas`. */
function parseKeys(object: JsonObject, name: string): readonly KeySource[] {
  const paths = [optionalString(object, `${name}Path`) ?? [], optionalStringList(object, `${name}Paths`) ?? []].flat()
  const texts = [optionalString(object, `${name}Data`) ?? [], optionalStringList(object, `${name}Datas`) ?? []].flat()
  return [...paths.map((path) => ({ kind: 'file', path }) as const), ...texts.map((data) => ({ kind: 'text', pem: Buffer.from(data, 'base64').toString() }) as const)]
}

function parseIdentity(object: JsonObject | undefined, place: string): IdentityRule {
  if (object === undefined) return { kind: 'matchRepoDigestOrExact' }
  const type = requiredString(object, 'type')
  switch (type) {
    case 'matchExact':
    case 'matchRepoDigestOrExact':
    case 'matchRepository':
      return { kind: type }
    case 'exactReference':
      return { kind: type, reference: requiredString(object, 'dockerReference') }
    case 'exactRepository':
      return { kind: type, repository: requiredString(object, 'dockerRepository') }
    case 'remapIdentity':
      return { kind: type, prefix: requiredString(object, 'prefix'), signedPrefix: requiredString(object, 'signedPrefix') }
    default:
      throw new InvalidValueError(`${place}: signedIdentity of an unknown type, ${JSON.stringify(type)}`)
  }
}

/** A misspelt key must not open a door. */
function refuseUnknown({ fields }: JsonObject, known: readonly string[], place: string): void {
  const unknown = [...fields.keys()].find((key) => !known.includes(key))
  if (unknown !== undefined) throw new InvalidValueError(`${place}: unknown key ${JSON.stringify(unknown)}`, { hint: `known are ${known.join(', ')}` })
}
