import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { readHostConfig } from '../registry/hostConfig.ts'
import { createSessionRegistries, type OpenedRegistries } from './sessionRegistries.ts'

describe('a blob that is asked for by itself', () => {
  const digest = digestOf('blob')
  let folder: string
  let registries: OpenedRegistries
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pelago-policy-'))
    const path = join(folder, 'policy.json')
    const docker = {
      'open.example': [{ type: 'insecureAcceptAnything' }],
      'signed.example': [{ type: 'sigstoreSigned', keyPath: '/team.pub' }],
      'both.example': [{ type: 'insecureAcceptAnything' }, { type: 'sigstoreSigned', keyPath: '/team.pub' }],
      'gpg.example': [{ type: 'signedBy' }],
      [`signed.example/one@${digest}`]: [{ type: 'insecureAcceptAnything' }],
    }
    await writeFile(path, JSON.stringify({ default: [{ type: 'reject' }], transports: { docker } }))
    const env = { PELAGO_POLICY: path, HOME: folder }
    registries = createSessionRegistries({ sessions: { credentials: () => ({ credentials: async () => undefined }) }, version: '0', env, hosts: await readHostConfig(env) })
  })
  after(async () => {
    await registries[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  for (const [name, place] of [['anything', 'open.example/app'], ['that very blob', 'signed.example/one']] as const) {
    it(`is let in by a policy that accepts ${name}`, () => registries.loneBlobs.check({ place, digest }, 's'))
  }
  for (const [name, place, message] of [
    ['asks for a signature', 'signed.example/app', /^the blob signed\.example\/app@sha256:\w+ is not let in by itself by \S+policy\.json: "signed\.example" asks for a signature by \/team\.pub, which only images can have$/],
    ['asks for one besides', 'both.example/app', /asks for a signature by \/team\.pub, which only images can have$/],
    ['asks for what cannot be judged', 'gpg.example/app', /"gpg\.example" asks for "signedBy", which only images can have$/],
    ['rejects it', 'docker.io/library/busybox', /: default rejects it$/],
  ] as const) {
    it(`is refused by a policy that ${name}`, () => assert.rejects(registries.loneBlobs.check({ place, digest }, 's'), { name: 'UntrustedError', kind: 'denied', message }))
  }
})
