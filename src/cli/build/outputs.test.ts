import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OutputRequest } from '../../driver/driver.ts'
import { parseFlags } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'
import { BUILD_FLAGS } from './buildFlags.ts'
import { parseOutputs, parseTags } from './outputs.ts'

const CONTEXT = { workingFolder: '/project', isStdoutTerminal: false, loadProgram: () => ['docker', 'load'] as const }

function outputsOf(argv: readonly string[], context: Partial<Parameters<typeof parseOutputs>[2]> = {}): readonly OutputRequest[] {
  const { flags } = parseFlags(BUILD_FLAGS, argv, { commandName: 'pelago build' })
  return parseOutputs(flags, parseTags(flags.tag), { ...CONTEXT, ...context })
}

function output(type: OutputRequest['type'], attributes: Readonly<Record<string, string>>, destination: OutputRequest['destination'] = { kind: 'none' }): OutputRequest {
  return { type, attributes: new Map(Object.entries(attributes)), destination }
}

const APP = 'docker.io/library/app:latest'

describe('parseOutputs', () => {
  const cases = [
    { name: 'nothing, for the local store', argv: [], want: [output('image', {})] },
    { name: 'tags, for the local store', argv: ['-t', 'app', '-t', 'r.io/app:1'], want: [output('image', { name: `${APP},r.io/app:1` })] },
    { name: '--push', argv: ['-t', 'app', '--push'], want: [output('image', { name: APP, push: 'true' })] },
    { name: '--push to a registry without TLS', argv: ['-t', 'r.io/app:1', '--push', '--insecure-registry', 'r.io'], want: [output('image', { name: 'r.io/app:1', push: 'true', 'registry.insecure': 'true' })] },
    { name: '--load', argv: ['-t', 'app', '--load'], want: [output('docker', { name: APP }, { kind: 'program', argv: ['docker', 'load'] })] },
    { name: 'a path alone, for a folder', argv: ['-o', 'out'], want: [output('local', {}, { kind: 'folder', path: '/project/out' })] },
    { name: '-, for a tar archive on stdout', argv: ['-o', '-'], want: [output('tar', {}, { kind: 'stdout' })] },
    { name: 'an archive with attributes', argv: ['-o', 'type=oci,dest=/a.tar,compression=zstd'], want: [output('oci', { compression: 'zstd' }, { kind: 'file', path: '/a.tar' })] },
    { name: 'a name in the output', argv: ['-o', 'type=image,"name=a,b",push=true'], want: [output('image', { name: 'a,b', push: 'true' })] },
    { name: 'a push said as Go says it', argv: ['-t', 'r.io/app:1', '-o', 'type=image,push=1', '--insecure-registry', 'r.io'], want: [output('image', { name: 'r.io/app:1', push: '1', 'registry.insecure': 'true' })] },
    { name: 'an archive unpacked', argv: ['-o', 'type=oci,dest=a,tar=false'], want: [output('oci', { tar: 'false' }, { kind: 'folder', path: '/project/a' })] },
    { name: 'several outputs', argv: ['-o', 'out', '-o', 'type=tar,dest=a.tar'], want: [output('local', {}, { kind: 'folder', path: '/project/out' }), output('tar', {}, { kind: 'file', path: '/project/a.tar' })] },
    { name: 'the cache only, for no output', argv: ['-o', 'type=cacheonly'], want: [] },
    { name: 'annotations', argv: ['--annotation', 'a=1', '--annotation', 'index,manifest[linux/arm64]:b=2'], want: [output('image', { 'annotation.a': '1', 'annotation-index.b': '2', 'annotation-manifest[linux/arm64].b': '2' })] },
  ]
  for (const { name, argv, want } of cases) it(`takes ${name}`, () => assert.deepEqual(outputsOf(argv), want))

  const refused = [
    { name: 'a push without a name', argv: ['--push'], message: /nothing says where to push/ },
    { name: 'an unknown type', argv: ['-o', 'type=zip,dest=a'], message: /unknown type "zip"/ },
    { name: 'no type', argv: ['-o', 'dest=a,x=y'], message: /it has no type/ },
    { name: 'a field without a value', argv: ['-o', 'type=oci,dest'], message: /"dest" is no KEY=VALUE/ },
    { name: 'a key given twice', argv: ['-o', 'type=oci,dest=a,dest=b'], message: /dest is given twice/ },
    { name: 'a folder without its path', argv: ['-o', 'type=local'], message: /needs a folder/ },
    { name: 'a dest where none belongs', argv: ['-o', 'type=image,dest=a'], message: /has no dest/ },
    { name: 'two outputs to one place', argv: ['-o', 'out', '-o', 'type=local,dest=./out'], message: /two outputs go to \/project\/out/ },
    { name: 'an archive for a terminal', argv: ['-o', 'type=oci'], context: { isStdoutTerminal: true }, message: /not written to a terminal/ },
    { name: 'an annotation that is none', argv: ['--annotation', 'a'], message: /invalid --annotation/ },
    { name: 'a tag with a digest', argv: ['-t', `a@sha256:${'0'.repeat(64)}`], message: /it has a digest/ },
  ]
  for (const { name, argv, context, message } of refused) {
    it(`refuses ${name}`, () => assert.throws(() => outputsOf(argv, context), (error) => error instanceof UsageError && message.test(error.message) && error.hint !== undefined))
  }
  it('takes --load for the local store where neither Docker nor Podman is', () => {
    assert.deepEqual(outputsOf(['-t', 'app', '--load'], { ...CONTEXT, loadProgram: () => undefined }), [output('image', { name: APP }, { kind: 'none' })])
  })
  it('refuses type=docker without a file where neither Docker nor Podman is', () => {
    assert.throws(() => outputsOf(['-o', 'type=docker'], { ...CONTEXT, loadProgram: () => undefined }), /type=docker needs Docker or Podman/)
  })
  it('refuses a tag in upper case', () => assert.throws(() => outputsOf(['-t', 'App']), /lower case/))
})
