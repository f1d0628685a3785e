import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Credentials } from '../registry.ts'
import { createDockerConfigCredentials, eraseCredentials, saveCredentials } from './dockerConfig.ts'

const signal = new AbortController().signal
const parent = mkdtempSync(join(tmpdir(), 'pelago-docker-config-'))
after(() => rmSync(parent, { recursive: true }))
const auth = Buffer.from('me:pass:word').toString('base64')
const me: Credentials = { kind: 'basic', username: 'me', password: 'pass:word' }

interface Home {
  readonly env: Readonly<Record<string, string>>
  readonly path: string
}

function makeHome(config: object | undefined): Home {
  const home = mkdtempSync(join(parent, 'home-'))
  mkdirSync(join(home, '.docker'))
  const path = join(home, '.docker', 'config.json')
  if (config !== undefined) writeFileSync(path, JSON.stringify(config))
  return { env: { HOME: home, PATH: `${home}:${process.env['PATH'] ?? ''}` }, path }
}

/** A helper whose logins are files: the protocol is Docker's. */
function installHelper({ env }: Home): void {
  const home = env['HOME'] ?? ''
  const path = join(home, 'docker-credential-test')
  writeFileSync(
    path,
    `#!/bin/sh
case "$1" in
get) read -r server; [ -e "${home}/kept" ] || { echo "credentials not found in native keychain"; exit 1; }; cat "${home}/kept";;
store) cat > "${home}/kept";;
erase) [ -e "${home}/kept" ] && rm "${home}/kept" || { echo "credentials not found in native keychain"; exit 1; };;
esac
`,
  )
  chmodSync(path, 0o755)
}

describe("the credentials of Docker's config", () => {
  const cases: { name: string; config: object | undefined; host: string; want: Credentials | undefined }[] = [
    { name: 'are those of the host', config: { auths: { 'ghcr.io': { auth } } }, host: 'ghcr.io', want: me },
    { name: 'are none of another host', config: { auths: { 'ghcr.io': { auth } } }, host: 'quay.io', want: undefined },
    { name: 'are none of another port', config: { auths: { 'localhost:5000': { auth } } }, host: 'localhost:5001', want: undefined },
    { name: 'of Docker Hub have a name of their own', config: { auths: { 'https://index.docker.io/v1/': { auth } } }, host: 'docker.io', want: me },
    { name: 'may be kept under a URL', config: { auths: { 'https://ghcr.io/v2/': { auth } } }, host: 'ghcr.io', want: me },
    { name: 'of a part of a registry are not for all of it', config: { auths: { 'ghcr.io/team': { auth } } }, host: 'ghcr.io', want: undefined },
    { name: 'may be an identity token', config: { auths: { 'ghcr.io': { auth, identitytoken: 't' } } }, host: 'ghcr.io', want: { kind: 'identity-token', token: 't' } },
    { name: 'may be a registry token', config: { auths: { 'ghcr.io': { registrytoken: 't' } } }, host: 'ghcr.io', want: { kind: 'registry-token', token: 't' } },
    { name: 'may stand in fields of their own', config: { auths: { 'ghcr.io': { username: 'me', password: 'pass:word' } } }, host: 'ghcr.io', want: me },
    { name: 'are none where a helper that is not installed has them', config: { credsStore: 'not-installed', auths: { 'ghcr.io': {} } }, host: 'ghcr.io', want: undefined },
    { name: 'are none where there is no config', config: undefined, host: 'ghcr.io', want: undefined },
    { name: 'are none for a host named like a part of every object', config: { auths: {} }, host: 'constructor', want: undefined },
  ]
  for (const { name, config, host, want } of cases) {
    it(name, async () => {
      assert.deepEqual(await createDockerConfigCredentials(makeHome(config)).credentials(host, signal), want)
    })
  }

  it('come from the file that REGISTRY_AUTH_FILE names, then from the other', async () => {
    const home = makeHome({ auths: { 'ghcr.io': { auth } } })
    const other = makeHome({ auths: { 'quay.io': { auth: Buffer.from('other:word').toString('base64') } } })
    const source = createDockerConfigCredentials({ env: { ...home.env, REGISTRY_AUTH_FILE: other.path } })
    assert.deepEqual(await source.credentials('quay.io', signal), { kind: 'basic', username: 'other', password: 'word' })
    assert.deepEqual(await source.credentials('ghcr.io', signal), me)
  })

  it('come from the variable DOCKER_AUTH_CONFIG before all files, and from these where it has none', async () => {
    const home = makeHome({ auths: { 'ghcr.io': { auth: Buffer.from('other:word').toString('base64') }, 'quay.io': { auth } } })
    const env = { ...home.env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'ghcr.io': { auth } } }) }
    const source = createDockerConfigCredentials({ env })
    assert.deepEqual(await source.credentials('ghcr.io', signal), me)
    assert.deepEqual(await source.credentials('quay.io', signal), me)
    await assert.rejects(createDockerConfigCredentials({ env: { ...home.env, DOCKER_AUTH_CONFIG: '{' } }).credentials('ghcr.io', signal), /DOCKER_AUTH_CONFIG/)
  })

  it('come from the folder that DOCKER_CONFIG names', async () => {
    const other = makeHome({ auths: { 'ghcr.io': { auth } } })
    const env = { ...makeHome({}).env, DOCKER_CONFIG: join(other.env['HOME'] ?? '', '.docker') }
    assert.deepEqual(await createDockerConfigCredentials({ env }).credentials('ghcr.io', signal), me)
  })

  for (const setting of [{ credsStore: 'test' }, { credHelpers: { 'ghcr.io': 'test' } }]) {
    it(`go to a helper and back: ${JSON.stringify(setting)}`, async () => {
      const home = makeHome(setting)
      installHelper(home)
      await saveCredentials('ghcr.io', me, home, signal)
      assert.deepEqual(await createDockerConfigCredentials(home).credentials('ghcr.io', signal), me)
      assert.equal(readFileSync(home.path, 'utf8'), JSON.stringify(setting))
      assert.equal(await eraseCredentials('ghcr.io', home, signal), true)
      assert.equal(await createDockerConfigCredentials(home).credentials('ghcr.io', signal), undefined)
      assert.equal(await eraseCredentials('ghcr.io', home, signal), false)
    })
  }

  it('say that a helper failed, without what it was given', async () => {
    const home = makeHome({ credsStore: 'broken' })
    const program = join(home.env['HOME'] ?? '', 'docker-credential-broken')
    writeFileSync(program, '#!/bin/sh\necho "the keychain is locked"\nexit 2\n')
    chmodSync(program, 0o755)
    const failure = { name: 'CredentialHelperError', message: 'docker-credential-broken: failed with exit code 2: the keychain is locked' }
    await assert.rejects(createDockerConfigCredentials(home).credentials('ghcr.io', signal), failure)
    await assert.rejects(saveCredentials('ghcr.io', me, home, signal), failure)
  })

  it('cannot be saved with a helper that is not installed', async () => {
    await assert.rejects(saveCredentials('ghcr.io', me, makeHome({ credsStore: 'not-installed' }), signal), { name: 'CredentialHelperError', message: /is not installed/ })
  })
})

describe('a saved login', () => {
  it('leaves all else in the file as it was, and is for the user alone', async () => {
    const home = makeHome({ auths: { 'quay.io': { auth, email: 'me@example.org' } }, psFormat: 'table', proxies: { default: {} } })
    await saveCredentials('docker.io', me, home, signal)
    assert.deepEqual(JSON.parse(readFileSync(home.path, 'utf8')), {
      auths: { 'quay.io': { auth, email: 'me@example.org' }, 'https://index.docker.io/v1/': { auth } },
      psFormat: 'table',
      proxies: { default: {} },
    })
    assert.equal(statSync(home.path).mode & 0o777, 0o600)
    assert.deepEqual(await createDockerConfigCredentials(home).credentials('docker.io', signal), me)
  })

  it('makes the file where there is none', async () => {
    const home = makeHome(undefined)
    const env = { ...home.env, DOCKER_CONFIG: join(home.env['HOME'] ?? '', 'new') }
    await saveCredentials('ghcr.io', { kind: 'identity-token', token: 't' }, { env }, signal)
    assert.deepEqual(await createDockerConfigCredentials({ env }).credentials('ghcr.io', signal), { kind: 'identity-token', token: 't' })
  })

  it('is written through a link', async () => {
    const home = makeHome(undefined)
    const target = join(home.env['HOME'] ?? '', 'dotfiles.json')
    writeFileSync(target, '{}')
    symlinkSync(target, home.path)
    await saveCredentials('ghcr.io', me, home, signal)
    assert.deepEqual(JSON.parse(readFileSync(target, 'utf8')), { auths: { 'ghcr.io': { auth } } })
  })

  it('is forgotten alone, under whatever name it was kept', async () => {
    const home = makeHome({ auths: { 'https://ghcr.io/v1/': { auth }, 'quay.io': { auth } } })
    assert.equal(await eraseCredentials('ghcr.io', home, signal), true)
    assert.deepEqual(JSON.parse(readFileSync(home.path, 'utf8')), { auths: { 'quay.io': { auth } } })
    assert.equal(await eraseCredentials('ghcr.io', home, signal), false)
  })
})
