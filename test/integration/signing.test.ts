import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missingSkopeo, runSkopeo } from '../support/peers/skopeo.ts'
import { identityToken, startSigstoreServer, type SigstoreServer } from '../support/servers/sigstoreServer.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

describe('signatures', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let host: string
  /** Holds the keys: team.key, team.pub, other.key, other.pub. */
  let folder: string
  let image: string
  before(async () => {
    workbench = await openWorkbench()
    pelago = workbench.pelago
    host = workbench.registry.host
    folder = await pelago.context({ Dockerfile: 'FROM scratch\n' })
    for (const name of ['team', 'other']) await must('generate-key-pair', '--output-key-prefix', name)
    image = `${host}/team/app:1`
    await must('imagetools', 'create', '--progress', 'none', '-t', image, workbench.base)
    await must('sign', '--key', 'team.key', '-a', 'by=team', image)
  })
  after(() => workbench[Symbol.asyncDispose]())

  const options = (env: Readonly<Record<string, string>> = {}): { cwd: string; env: Record<string, string> } => ({ cwd: folder, env: { COSIGN_PASSWORD: 'a b', ...env } })
  const run = (...args: readonly string[]): Promise<CommandResult> => pelago.run(args, options())
  const must = (...args: readonly string[]): Promise<CommandResult> => pelago.succeed(args, options())

  async function refuse(message: RegExp, ...args: readonly string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await run(...args)
    assert.notEqual(exitCode, 0)
    assert.match(stdout + stderr, message)
  }

  it('of the index and of each platform are verified by the key', async () => {
    const { stdout } = await must('verify', '--key', 'team.pub', '--recursive', '-a', 'by=team', image)
    assert.deepEqual([...stdout.matchAll(/^\S+ +(\S+) +verified +team\.pub +\S+ by=team$/gm)].map(([, part]) => part), ['index', 'linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'linux/386'])
    const json = JSON.parse((await must('verify', '--format', 'json', '--key', 'team.pub', image)).stdout) as { isVerified: boolean; images: readonly { signatures: readonly { identity: string }[] }[] }
    assert.equal(json.isVerified, true)
    assert.deepEqual(json.images[0]?.signatures.map(({ identity }) => identity), [image])
  })

  it('that do not hold are told with why', async () => {
    await refuse(/not verified: not made with other\.pub/, 'verify', '--key', 'other.pub', image)
    await refuse(/not verified: made by team\.pub, but does not say by=me/, 'verify', '--key', 'team.pub', '-a', 'by=me', image)
    await refuse(/not signed/, 'verify', '--key', 'team.pub', workbench.base)
    await refuse(/team\.key is a private key/, 'verify', '--key', 'team.key', image)
    await refuse(/invalid --annotations: "x"/, 'sign', '--key', 'team.key', '-a', 'x', image)
    const wrong = await pelago.run(['sign', '--key', 'team.key', image], options({ COSIGN_PASSWORD: 'c' }))
    assert.match(wrong.stderr, /^ERROR: the password does not open team\.key\nhint: /)
  })

  it('of one image are none of another', async () => {
    const moved = `${host}/team/app:2`
    const digestOf = async (reference: string): Promise<string> => (await must('imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', reference)).stdout.trim()
    const digest = await digestOf(image)
    await must('build', '-q', '-t', moved, '--push', await pelago.context({ Dockerfile: 'FROM scratch\nLABEL a=b\n' }))
    const manifestAt = (signed: string): string => `http://${host}/v2/team/app/manifests/${signed.replace(':', '-')}.sig`
    const type = 'application/vnd.oci.image.manifest.v1+json'
    const body = await (await fetch(manifestAt(digest), { headers: { accept: type } })).text()
    assert.equal((await fetch(manifestAt(await digestOf(moved)), { method: 'PUT', headers: { 'content-type': type }, body })).status, 201)
    await refuse(new RegExp(`not verified: made for another image, ${digest}`), 'verify', '--key', 'team.pub', moved)
  })

  it('come to the same, however often it is signed, and beside those of others', async () => {
    await must('sign', '--key', 'other.key', '--recursive=false', image)
    const { stdout } = await must('verify', '--key', 'other.pub', '--key', 'team.pub', image)
    assert.match(stdout, /verified +team\.pub[^]*verified +other\.pub/)
  })

  it('are made with keys of openssl, too', async () => {
    for (const [name, args] of [['ed25519', ['genpkey', '-algorithm', 'ed25519']], ['rsa', ['genrsa', '2048']], ['ec', ['ecparam', '-genkey', '-noout', '-name', 'prime256v1']]] as const) {
      const { stdout } = await runCommand(['openssl', ...args])
      await writeFile(join(folder, `${name}.pem`), stdout)
      const { stdout: publicKey } = await runCommand(['openssl', 'pkey', '-pubout'], { input: stdout })
      assert.match((await pelago.succeed(['sign', '--key', `${name}.pem`, '--recursive=false', image], options())).stdout, /^signed /)
      assert.match((await pelago.succeed(['verify', '--key', 'env://KEY', image], options({ KEY: publicKey }))).stdout, /verified +\$KEY/)
    }
  })

  describe('of what a build has attached', () => {
    let attested: string
    before(async () => {
      attested = `${host}/team/attested:1`
      await must('build', '-q', '--platform', 'linux/amd64,linux/arm64', '--provenance=mode=min', '--sbom=true', '-t', attested, '--push', await pelago.context({ Dockerfile: `FROM ${workbench.base}\nLABEL a=b\n` }))
      await must('sign', '--key', 'team.key', '--attestations', attested)
    })
    const verify = (...args: readonly string[]): Promise<CommandResult> => run('verify', ...args, attested)

    it('are verified by type, for each platform', async () => {
      const { exitCode, stdout, stderr } = await verify('--key', 'team.pub', '--type', 'provenance', '--type', 'spdxjson')
      assert.equal(exitCode, 0, stderr)
      const rows = [...stdout.matchAll(/^\S+ +(\S+) +(\S+) +verified +team\.pub$/gm)].map(([, part, type]) => [part, type])
      assert.deepEqual(rows, ['linux/amd64', 'linux/arm64'].flatMap((part) => [[part, 'https://slsa.dev/provenance/v1'], [part, 'https://spdx.dev/Document']]))
      assert.equal((await verify('--key', 'team.pub')).exitCode, 0)
    })

    it('are given as JSON with what they say', async () => {
      const { isVerified, images } = JSON.parse((await verify('--key', 'team.pub', '--type', 'sbom', '--format', 'json')).stdout) as { isVerified: boolean; images: readonly { part: string; attestations: readonly { predicateType: string; predicate: { spdxVersion: string } }[] }[] }
      assert.equal(isVerified, true)
      assert.deepEqual(images.map(({ part, attestations: [only] }) => [part, only?.predicateType, only?.predicate.spdxVersion]), [['linux/amd64', 'https://spdx.dev/Document', 'SPDX-2.3'], ['linux/arm64', 'https://spdx.dev/Document', 'SPDX-2.3']])
    })

    it('are signed as others check it: openssl, by the bytes that DSSE says', async () => {
      const { stdout } = await must('imagetools', 'inspect', '--raw', attested)
      const { manifests } = JSON.parse(stdout) as { manifests: readonly { digest: string }[] }
      const at = `http://${host}/v2/team/attested`
      const manifest = await (await fetch(`${at}/manifests/${(manifests[0]?.digest ?? '').replace(':', '-')}.att`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } })).json() as { layers: readonly { mediaType: string; digest: string; annotations: Readonly<Record<string, string>> }[] }
      assert.deepEqual(manifest.layers.map(({ mediaType, annotations }) => [mediaType, annotations['dev.cosignproject.cosign/signature'], annotations['predicateType']]), ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'].map((type) => ['application/vnd.dsse.envelope.v1+json', '', type]))
      for (const { digest } of manifest.layers) {
        const { payload, payloadType, signatures } = await (await fetch(`${at}/blobs/${digest}`)).json() as { payload: string; payloadType: string; signatures: readonly { sig: string }[] }
        await writeFile(join(folder, 'dsse.sig'), Buffer.from(signatures[0]?.sig ?? '', 'base64'))
        const body = Buffer.from(payload, 'base64')
        const input = Buffer.concat([Buffer.from(`DSSEv1 28 ${payloadType} ${body.byteLength} `), body])
        assert.match((await runCommand(['openssl', 'dgst', '-sha256', '-verify', join(folder, 'team.pub'), '-signature', join(folder, 'dsse.sig')], { input })).stdout, /Verified OK/)
      }
    })

    it('that are not there, or of others, are told', async () => {
      await refuse(/linux\/amd64 +vuln +not attested/, 'verify', '--key', 'team.pub', '--type', 'vuln', attested)
      await refuse(/linux\/amd64 +sbom +not verified: not made with other\.pub/, 'verify', '--key', 'other.pub', '--type', 'sbom', attested)
      await refuse(/index +sbom +not attested|sbom +not attested/, 'verify', '--key', 'team.pub', '--type', 'sbom', image)
      await refuse(/has no attestations to sign\nhint: build it with --provenance=true or --sbom=true/, 'sign', '--key', 'team.key', '--attestations', image)
      await refuse(/--annotations are of signatures/, 'verify', '--key', 'team.pub', '--type', 'sbom', '-a', 'a=b', attested)
    })
  })

  describe('by a policy', () => {
    const policyOf = async (scopes: object): Promise<Readonly<Record<string, string>>> => {
      const path = join(await pelago.context({}), 'policy.json')
      await writeFile(path, JSON.stringify({ default: [{ type: 'reject' }], transports: { docker: scopes } }))
      return { PELAGO_POLICY: path }
    }
    const signed = (key: string, more: object = {}): object => ({ type: 'sigstoreSigned', keyPath: join(folder, key), ...more })
    const pull = async (reference: string, scopes: object): Promise<CommandResult> => pelago.run(['pull', '-q', '--platform', 'linux/amd64', reference], options(await policyOf(scopes)))

    it('let in what is signed as it says', async () => {
      assert.equal((await pull(image, { [host]: [signed('team.pub')] })).exitCode, 0)
      assert.equal((await pull(image, { [`${host}/team`]: [signed('team.pub'), signed('other.pub', { signedIdentity: { type: 'matchRepository' } })] })).exitCode, 0)
    })

    for (const [name, scopes, message] of [
      ['nothing else', () => ({ 'example.com': [{ type: 'insecureAcceptAnything' }] }), /: default rejects it\n/],
      ['another signer', () => ({ [`${host}/team`]: [{ type: 'sigstoreSigned', keyData: '' }] }), /is no public key/],
      ['GPG', () => ({ [host]: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/a' }] }), /asks for "signedBy", which cannot be judged here/],
      ['a name that it was not signed under', () => ({ [host]: [signed('team.pub', { signedIdentity: { type: 'exactReference', dockerReference: 'example.com/a:1' } })] }), /there is one, but for \S+\/team\/app:1 \(exactReference\)/],
      ['a key that is misspelt', () => ({ [host]: [signed('team.pub', { signedIdentiy: {} })] }), /unknown key "signedIdentiy"/],
    ] as const) {
      it(`are refused where it asks for ${name}`, async () => {
        const { exitCode, stderr } = await pull(image, scopes())
        assert.notEqual(exitCode, 0)
        assert.match(stderr, message)
        assert.doesNotMatch(stderr, /\bat \//)
      })
    }

    it('hold for the base image of a build, and for what is run', async () => {
      const env = await policyOf({ [`${host}/team`]: [signed('team.pub')] })
      const build = async (base: string): Promise<CommandResult> => pelago.run(['build', '--pull', '-q', await pelago.context({ Dockerfile: `FROM ${base}\nRUN true\n` })], options(env))
      assert.equal((await build(image)).exitCode, 0)
      const refused = await build(workbench.base)
      assert.equal(refused.exitCode, 1)
      assert.match(refused.stderr, /ERROR: \S+\/busybox:latest is not let in by \S+: default rejects it/)
      const elsewhere = `${host}/other/app:1`
      await must('imagetools', 'create', '--progress', 'none', '-t', elsewhere, workbench.base)
      const ran = await pelago.run(['run', '--rm', elsewhere, 'true'], options(env))
      assert.equal(ran.exitCode, 125)
      assert.match(ran.stderr, /is not let in by/)
    })
  })

  describe('by an identity', () => {
    const issuer = 'https://issuer.example.com'
    let sigstore: SigstoreServer
    let signed: string
    before(async () => {
      sigstore = await startSigstoreServer()
      await writeFile(join(folder, 'root.json'), sigstore.trustedRoot)
      signed = `${host}/team/keyless:1`
      await must('imagetools', 'create', '--progress', 'none', '-t', signed, workbench.base)
      await sign(options(), '--identity-token', identityToken('me@example.com', issuer))
    })
    after(() => sigstore[Symbol.asyncDispose]())

    const sign = (given: ReturnType<typeof options>, ...args: readonly string[]): Promise<CommandResult> => pelago.succeed(['sign', '--recursive=false', '--fulcio-url', sigstore.url, '--rekor-url', sigstore.url, ...args, signed], given)
    const verify = async (...args: readonly string[]): Promise<CommandResult> => await run('verify', '--trusted-root', 'root.json', ...args, signed)
    const byMe = ['--certificate-identity', 'me@example.com', '--certificate-oidc-issuer', issuer]

    it('are verified by who it is, and who vouches for it', async () => {
      const good = await verify(...byMe)
      assert.equal(good.exitCode, 0, good.stdout + good.stderr)
      assert.match(good.stdout, /verified +me@example\.com of https:\/\/issuer\.example\.com/)
      assert.equal((await verify('--certificate-identity-regexp', '@example\\.com$', '--certificate-oidc-issuer-regexp', '^https://issuer')).exitCode, 0)
    })

    for (const [name, args, message] of [
      ['of another', ['--certificate-identity', 'you@example.com', '--certificate-oidc-issuer', issuer], /not verified: made by me@example\.com of \S+, and not by you@example\.com/],
      ['vouched for by another', ['--certificate-identity', 'me@example.com', '--certificate-oidc-issuer', 'https://elsewhere'], /not verified: made by me@example\.com/],
      ['of nobody in particular', ['--certificate-identity', 'me@example.com'], /--certificate-oidc-issuer is missing/],
    ] as const) {
      it(`are not those ${name}`, async () => {
        const { exitCode, stdout, stderr } = await verify(...args)
        assert.notEqual(exitCode, 0)
        assert.match(stdout + stderr, message)
      })
    }

    it('are not believed by who trusts other authorities', async () => {
      await using other = await startSigstoreServer()
      await writeFile(join(folder, 'other.json'), other.trustedRoot)
      const { exitCode, stdout } = await run('verify', '--trusted-root', 'other.json', ...byMe, signed)
      assert.equal(exitCode, 1)
      assert.match(stdout, /not verified: /)
    })

    it('of attestations are, too', async () => {
      const attested = `${host}/team/keyless-attested:1`
      await must('build', '-q', '--provenance=mode=min', '-t', attested, '--push', await pelago.context({ Dockerfile: `FROM ${workbench.base}\nLABEL c=d\n` }))
      await pelago.succeed(['sign', '--attestations', '--fulcio-url', sigstore.url, '--rekor-url', sigstore.url, '--identity-token', identityToken('me@example.com', issuer), attested], options())
      const good = await run('verify', '--trusted-root', 'root.json', ...byMe, '--type', 'provenance', attested)
      assert.equal(good.exitCode, 0, good.stdout + good.stderr)
      assert.match(good.stdout, /provenance\/v1 +verified +me@example\.com of https:\/\/issuer\.example\.com/)
      await refuse(/not verified: made by me@example\.com of \S+, and not by you/, 'verify', '--trusted-root', 'root.json', '--certificate-identity', 'you', '--certificate-oidc-issuer', issuer, '--type', 'provenance', attested)
    })

    it('are made by a job with the token it is given', async () => {
      await sign(options(sigstore.jobEnv))
      const { exitCode, stdout } = await verify('--certificate-identity-regexp', '^https://github.com/team/app/', '--certificate-oidc-issuer', 'https://token.actions.githubusercontent.com')
      assert.equal(exitCode, 0, stdout)
    })

    it('count for a policy', async () => {
      await writeFile(join(folder, 'ca.pem'), sigstore.authority)
      await writeFile(join(folder, 'rekor.pub'), sigstore.logKey)
      const policyFor = async (subjectEmail: string): Promise<Readonly<Record<string, string>>> => {
        const path = join(await pelago.context({}), 'policy.json')
        await writeFile(path, JSON.stringify({ default: [{ type: 'sigstoreSigned', fulcio: { caPath: join(folder, 'ca.pem'), oidcIssuer: issuer, subjectEmail }, rekorPublicKeyPath: join(folder, 'rekor.pub') }] }))
        return { PELAGO_POLICY: path, PELAGO_TRUSTED_ROOT: join(folder, 'root.json') }
      }
      const good = await pelago.run(['pull', '-q', '--platform', 'linux/amd64', signed], options(await policyFor('me@example.com')))
      assert.equal(good.exitCode, 0, good.stderr)
      const bad = await pelago.run(['pull', '-q', '--platform', 'linux/amd64', signed], options(await policyFor('you@example.com')))
      assert.match(bad.stderr, /asks for a signature by you@example\.com, vouched for by \S+, and its signature does not hold: made by me@example\.com/)
    })

    it('cannot be made where there is none, and tell no token', async () => {
      const none = await run('sign', signed)
      assert.match(none.stderr, /there is no key and no identity to sign with/)
      const token = identityToken('me@example.com', issuer)
      const refused = await run('sign', '--fulcio-url', `http://${host}`, '--identity-token', token, signed)
      assert.match(refused.stderr, /^ERROR: no certificate was given by http:/)
      assert.ok(!refused.stderr.includes(token))
    })
  })

  it('by a key are entered in the log where that is asked for', async () => {
    await using sigstore = await startSigstoreServer()
    await must('sign', '--key', 'team.key', '--tlog-upload', '--rekor-url', sigstore.url, '-a', 'logged=yes', '--recursive=false', image)
    const digest = (await must('imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', image)).stdout.trim()
    const manifest = await (await fetch(`http://${host}/v2/team/app/manifests/${digest.replace(':', '-')}.sig`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } })).json() as { layers: readonly { annotations: Readonly<Record<string, string>> }[] }
    const receipt = JSON.parse(manifest.layers.at(-1)?.annotations['dev.sigstore.cosign/bundle'] ?? '{}') as { Payload: { body: string } }
    assert.equal((JSON.parse(Buffer.from(receipt.Payload.body, 'base64').toString()) as { kind: string }).kind, 'hashedrekord')
  })

  describe('of skopeo', { skip: missingSkopeo }, () => {
    const skopeo = async (policy: object, ...args: readonly string[]): Promise<CommandResult> => {
      await writeFile(join(folder, 'skopeo.json'), JSON.stringify(policy))
      await writeFile(join(folder, 'passphrase'), 'a b')
      return await runSkopeo(['--policy', 'skopeo.json', '--registries.d', await pelago.context({ 'default.yaml': 'default-docker:\n  use-sigstore-attachments: true\n' }), 'copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', ...args], folder)
    }
    const keyed = (key: string): object => ({ default: [{ type: 'reject' }], transports: { docker: { [host]: [{ type: 'sigstoreSigned', keyPath: join(folder, key) }] } } })

    it('are verified here', async () => {
      const copy = `${host}/team/copy:1`
      const { exitCode, stderr } = await skopeo({ default: [{ type: 'insecureAcceptAnything' }] }, '--all', '--sign-by-sigstore-private-key', 'team.key', '--sign-passphrase-file', 'passphrase', `docker://${workbench.base}`, `docker://${copy}`)
      assert.equal(exitCode, 0, stderr)
      assert.equal((await must('verify', '--key', 'team.pub', '--recursive', copy)).stdout.match(/verified +team\.pub/g)?.length, 6)
    })

    it('verifies ours', async () => {
      const good = await skopeo(keyed('team.pub'), '--all', `docker://${image}`, `dir:${join(folder, 'good')}`)
      assert.equal(good.exitCode, 0, good.stderr)
      const bad = await skopeo(keyed('other.pub'), `docker://${host}/team/copy:1`, `dir:${join(folder, 'bad')}`)
      assert.notEqual(bad.exitCode, 0)
    })
  })
})
