import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingPeer, startBuildkitPeer, type BuildkitPeer } from '../parity/buildkitPeer.ts'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'
import { startEngine, type EngineSocket } from '../support/engine/engineSocket.ts'
import { openPelago, runCommand, type Pelago } from '../support/pelago.ts'

/** `Rule:line` of what a check found, each once, and whether it found what ends a build. */
function placesIn(said: string): readonly string[] {
  const json = /^\{\n[^]*?^\}/m.exec(said)?.[0]
  assert.ok(json !== undefined, said)
  const { warnings, buildError } = JSON.parse(json) as { readonly warnings: readonly Warning[] | null; readonly buildError?: object }
  const places = (warnings ?? []).map(({ ruleName, location }) => `${ruleName}:${location.ranges.map(({ start }) => start.line).join(',')}`)
  return [...[...new Set(places)].sort(), ...(buildError === undefined ? [] : ['error'])]
}

interface Warning {
  readonly ruleName: string
  readonly location: { readonly ranges: readonly { readonly start: { readonly line: number } }[] }
}

const DOCKERFILES: readonly string[] = [
  'FROM scratch AS Build\nFROM scratch as build\nFROM scratch AS context',
  'From scratch as build\nrun x\nRUN y',
  '\nFROM scratch\n# warning\nCOPY a \\\n\n.\nCOPY a \\\n.',
  'FROM scratch\nCMD echo\nENTRYPOINT x \\\n  y\nMAINTAINER me\nCMD ["z"]',
  'FROM scratch\nSHELL ["/bin/bash", "-c"]\nCMD echo\nHEALTHCHECK NONE\nHEALTHCHECK CMD a',
  'ARG VERSION=scratch\nFROM ${VERSIO:-scratch}\nFROM --platform=$BUILDPLATFROM scratch',
  'FROM scratch AS x\nWORKDIR app\nWORKDIR b\nFROM x\nWORKDIR c',
  'FROM scratch\nCOPY $X /\nARG Y\nCOPY $Y /\nENV A=${NONE} B=${NONE:-x}\nUSER $u\nVOLUME $v/x\nSTOPSIGNAL 9$s',
  "FROM scratch\nLABEL a='$NONE' b=$NONE\nRUN echo $NONE\nARG A=$NONE\nENV a b\nLABEL c d",
  'FROM scratch\nRUN --mount=type=cache,id=$NOT,target=/c x\nADD $x.tar /\nRUN <<EOF\n$NOT\nEOF\nCOPY <<EOF /x\n$NOT2\nEOF',
  'FROM --platform=$TARGETPLATFORM scratch\nFROM --platform=linux/amd64 scratch\nFROM --platform=linux/amd64 scratch AS build-amd64',
  'ARG TOKEN\nFROM scratch\nARG API_KEY\nENV PUBLIC_KEY=x GITHUB_TOKEN=y KEYBOARD=z',
  'FROM scratch\nCOPY x.log sub/y /\nADD y.log z /\nEXPOSE 80/TCP 81/udp 127.0.0.1:80:80 8080:80',
  '# a comment\nFROM scratch AS b\n# A is described\nARG A\n# other\nARG B C\n# x\n#\nARG D',
  'FROM scratch AS a\nONBUILD CMD x\nONBUILD ENV a b\nFROM a',
  'FROM scratch AS B\nCMD x\nCOPY ${ b',
]

/** What is said of a Dockerfile is what BuildKit says, line by line, but for the words. */
describe('the checks and BuildKit', { skip: missingPeer }, () => {
  let pelago: Pelago
  let engine: EngineSocket
  let peer: BuildkitPeer
  before(async () => {
    pelago = await openPelago()
    engine = await startEngine()
    peer = await startBuildkitPeer()
  })
  after(async () => {
    await peer[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    await pelago[Symbol.asyncDispose]()
  })
  for (const Dockerfile of DOCKERFILES) {
    it(`find the same in ${JSON.stringify(Dockerfile)}`, async () => {
      const folder = await pelago.context({ Dockerfile, '.dockerignore': '*.log\nsub\n!sub/y\n' })
      const flags = ['--call=check,format=json', '--build-arg', 'BUILDKIT_DOCKERFILE_CHECK=experimental=CopyIgnoredFile,InvalidDefinitionDescription']
      const theirs = await peer.build(folder, { args: flags, output: '' }, join(pelago.folder, 'unused.tar'))
      const ours = await pelago.run(['build', '--builder', engine.address, ...flags, folder])
      assert.deepEqual(placesIn(ours.stdout), placesIn(theirs.said))
    })
  }
})

describe('docker buildx as client of a check', { skip: missingBuildx }, () => {
  it('prints what the engine answers', async () => {
    await using engine = await startEngine()
    await using pelago = await openPelago()
    const env = { ...pelago.env, BUILDX_CONFIG: join(pelago.folder, 'buildx') }
    const created = await runCommand(buildxArgv(['create', '--name', 'pelago', '--driver', 'remote', engine.address]), { env })
    assert.equal(created.exitCode, 0, created.stderr)
    const folder = await pelago.context({ Dockerfile: '# V of it\nARG V=1\nFROM scratch AS Build\nARG V\n' })
    const ask = async (...flags: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runCommand(buildxArgv(['build', '--builder', 'pelago', ...flags, folder]), { env })
      return `${exitCode} ${stdout}${exitCode > 1 ? stderr : ''}`
    }
    assert.match(await ask('--check'), /^1 Check complete, 1 warning has been found!\n\nWARNING: StageNameCasing - https:[^]*Dockerfile:3\n[^]*>>> FROM scratch AS Build\n/)
    assert.match(await ask('--check', '--build-arg', 'BUILDKIT_SYNTAX=docker/dockerfile:1'), /^1 Check complete, 1 warning/)
    assert.match(await ask('--call=outline'), /^0 TARGET: +build\n\nBUILD ARG +VALUE +DESCRIPTION\nV +1 +of it\n/)
    assert.match(await ask('--call=targets'), /^0 TARGET +DESCRIPTION\nbuild \(default\)/)
  })
})
