import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { readBlob, type IndexJson } from '../support/images/unpackedImage.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { findSpdxFaults } from '../support/spdxFaults.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

/* Loosely typed on purpose: what is looked at is named in the assertions. */
interface StatementJson {
  readonly predicateType: string
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[]
  readonly predicate: { readonly name: string; readonly packages: readonly { readonly name: string; readonly sourceInfo: string }[] }
}

const SPDX = 'https://spdx.dev/Document'
const TWO = 'linux/amd64,linux/arm64'
const MUSL = 'P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\n'
const CURL = 'P:curl\nV:8.9.1-r0\nA:x86_64\nL:curl\no:curl\n'
const NPM = '{"name":"left","version":"1.0.0","license":"MIT"}'

/** A scanner by BuildKit's protocol: tells what it was given, and where it ran. */
const SCANNER = `set -e
scan() {
  printf '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"${SPDX}","subject":[],"predicate":{"name":"%s","files":"%s","mode":"%s","machine":"%s","written":"%s"}}' \\
    "$(basename "$1")" "$(cd "$1" && find . -type f | sort | tr '\\n' ' ')" "$BUILDKIT_SCAN_mode" "$(uname -m)" "$(touch "$1/x" 2> /dev/null && echo yes || echo no)" > "$BUILDKIT_SCAN_DESTINATION/$(basename "$1").spdx.json"
}
scan "$BUILDKIT_SCAN_SOURCE"
for extra in $BUILDKIT_SCAN_SOURCE_EXTRAS*; do [ ! -d "$extra" ] || scan "$extra"; done
`

describe('build --sbom', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let context: string
  const reference = (name: string): string => `${workbench.registry.host}/${name}`
  before(async () => {
    workbench = await openWorkbench()
    ;({ pelago } = workbench)
    const base = await pelago.context({ 'lib/apk/db/installed': MUSL, Dockerfile: `FROM ${workbench.base}\nCOPY lib /lib\n` })
    await pelago.succeed(['build', '--platform', TWO, '-t', reference('base:1'), '--push', base])
    await pelago.succeed(['build', '-t', reference('scanner:1'), '--push', await pelago.context({ 'scan.sh': SCANNER, Dockerfile: `FROM ${workbench.base}\nCOPY scan.sh /scan.sh\nENTRYPOINT ["/bin/sh"]\nCMD ["/scan.sh"]\n` })])
    context = await pelago.context({
      'lib/apk/db/installed': `${MUSL}\n${CURL}`,
      'node_modules/left/package.json': NPM,
      Dockerfile: `FROM scratch AS tools\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nCOPY node_modules /node_modules\nFROM ${reference('base:1')}\nARG BUILDKIT_SBOM_SCAN_CONTEXT=false\nCOPY lib /lib\nCOPY --from=tools /node_modules/left/package.json /x\n`,
    })
  })
  after(() => workbench[Symbol.asyncDispose]())

  /** The statements beside the images of a layout, in order. */
  function statementsIn(folder: string): readonly { readonly platform: string; readonly subject: string; readonly statement: StatementJson }[] {
    const read = (digest: string): unknown => JSON.parse(readBlob(folder, digest).toString())
    const root = read((read0(folder) as IndexJson).manifests[0]?.digest ?? '') as IndexJson
    return root.manifests.flatMap(({ digest, annotations }) => {
      const subject = annotations?.['vnd.docker.reference.digest']
      if (subject === undefined) return []
      const { layers } = read(digest) as { readonly layers: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[] }
      const platform = root.manifests.find((image) => image.digest === subject)?.platform
      assert.ok(layers.every(({ annotations: own }) => own['in-toto.io/predicate-type'] === SPDX))
      return layers.map((layer) => ({ platform: `${platform?.os ?? ''}/${platform?.architecture ?? ''}`, subject, statement: read(layer.digest) as StatementJson }))
    })
  }
  const read0 = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))

  it('tells of each platform what is in it, and which of it the base image brought, though that is not here', async () => {
    await using fresh = await openPelago()
    const folder = join(fresh.folder, 'layout')
    await fresh.succeed(['build', '--sbom=true', '--platform', TWO, '-t', 'example.org/app:1', '-o', `type=oci,tar=false,dest=${folder}`, context])
    const found = statementsIn(folder)
    assert.deepEqual(found.map(({ platform, statement }) => `${platform} ${statement.predicate.name}`), ['linux/amd64 sbom', 'linux/amd64 sbom-tools', 'linux/arm64 sbom', 'linux/arm64 sbom-tools'])
    for (const { subject, statement } of found) {
      assert.equal(statement.predicateType, SPDX)
      assert.deepEqual(statement.subject.map(({ name, digest }) => [name.split('?')[0], `sha256:${digest.sha256}`]), [['pkg:docker/example.org/app@1', subject]])
      assert.deepEqual(findSpdxFaults(JSON.stringify(statement.predicate)), [])
    }
    const [core, tools] = found.map(({ statement }) => statement.predicate.packages.slice(1).map(({ name, sourceInfo }) => `${name} ${sourceInfo}`))
    assert.deepEqual(core, ['curl named by /lib/apk/db/installed; from layer 3 of 4', 'musl named by /lib/apk/db/installed; from layer 2 of 4, of the base image'])
    assert.deepEqual(tools, ['left named by /node_modules/left/package.json; from layer 1 of 1'])
  })

  it('is the same each time, and a file beside files', async () => {
    const out = join(pelago.folder, 'out')
    await pelago.succeed(['build', '--attest', 'type=sbom', '-o', `type=local,dest=${out}`, context])
    assert.deepEqual(readdirSync(out).filter((name) => name.endsWith('.json')), ['sbom-tools.spdx.json', 'sbom.spdx.json'])
    const first = readFileSync(join(out, 'sbom.spdx.json'))
    await pelago.succeed(['build', '--no-cache', '--sbom=true', '-o', `type=local,dest=${out}`, context])
    assert.deepEqual(readFileSync(join(out, 'sbom.spdx.json')), first)
    await pelago.succeed(['build', '--sbom=true', '--build-arg', 'BUILDKIT_SBOM_SCAN_STAGE=false', '--build-arg', 'BUILDKIT_SBOM_SCAN_CONTEXT=true', '-o', `type=local,dest=${join(pelago.folder, 'other')}`, context])
    assert.deepEqual(readdirSync(join(pelago.folder, 'other')).filter((name) => name.endsWith('.json')), ['sbom-context.spdx.json', 'sbom.spdx.json'])
  })

  it('is what a scanner image makes of it, on the platform of the machine', async () => {
    const folder = join(pelago.folder, 'generated')
    await pelago.succeed(['build', `--sbom=generator=${reference('scanner:1')},mode=fast`, '--platform', TWO, '-t', 'app:2', '-o', `type=oci,tar=false,dest=${folder}`, context])
    const found = statementsIn(folder).map(({ platform, statement }) => new Map([...Object.entries(statement.predicate as unknown as Readonly<Record<string, string>>), ['platform', platform] as const]))
    assert.deepEqual(found.map((one) => `${one.get('platform') ?? ''} ${one.get('name') ?? ''}`), ['linux/amd64 sbom-tools', 'linux/amd64 sbom', 'linux/arm64 sbom-tools', 'linux/arm64 sbom'])
    const machine = new Set(found.map((one) => one.get('machine')))
    assert.deepEqual([...machine], [process.arch === 'x64' ? 'x86_64' : 'aarch64'])
    for (const one of found) {
      assert.deepEqual([one.get('mode'), one.get('written')], ['fast', 'no'])
      assert.match(one.get('files') ?? '', one.get('name') === 'sbom' ? /\.\/lib\/apk\/db\/installed .*\.\/x / : /^\.\/node_modules\/left\/package\.json $/)
    }
  })

  it('is refused by name where it cannot be', async () => {
    const scanner = await pelago.context({ Dockerfile: `FROM ${workbench.base}\nENTRYPOINT ["/bin/true"]\n` })
    await pelago.succeed(['build', '-t', reference('idle:1'), '--push', scanner])
    const cases: readonly (readonly [flag: string, exitCode: number, message: RegExp])[] = [
      ['--sbom=mode=fast', 2, /sbom attestation: unknown field "mode"/],
      [`--sbom=generator=${reference('idle:1')}`, 1, /the sbom generator ".*idle:1" made none: it left no statement in \/run\/out\//],
      [`--sbom=generator=${reference('absent:1')}`, 1, /there is no such image[^]*hint: check name and tag/],
    ]
    for (const [flag, want, message] of cases) {
      const { exitCode, stderr } = await pelago.run(['build', flag, '-t', 'app:3', context])
      assert.equal(exitCode, want, stderr)
      assert.match(stderr, message)
    }
  })
})
