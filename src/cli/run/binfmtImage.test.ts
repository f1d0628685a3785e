import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { DescribePlatformResponseSchema, DescribeResponseSchema } from '../../api/gen/local_pb.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { answerBinfmt } from './answerBinfmt.ts'
import { parseBinfmtRequest, type BinfmtRequest } from './binfmtImage.ts'

describe('parseBinfmtRequest', () => {
  const cases: readonly { readonly line: string; readonly want: BinfmtRequest | undefined }[] = [
    { line: 'tonistiigi/binfmt', want: { kind: 'show' } },
    { line: 'tonistiigi/binfmt --install all', want: { kind: 'install', platforms: undefined } },
    { line: 'docker.io/tonistiigi/binfmt:qemu-v9.2.2 --install=arm64,arm', want: { kind: 'install', platforms: ['linux/arm64', 'linux/arm/v7'] } },
    { line: 'tonistiigi/binfmt@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -install linux/riscv64', want: { kind: 'install', platforms: ['linux/riscv64'] } },
    { line: 'tonistiigi/binfmt --uninstall qemu-*', want: { kind: 'uninstall' } },
    { line: 'tonistiigi/binfmt --version', want: undefined },
    { line: 'multiarch/qemu-user-static --reset -p yes', want: { kind: 'install', platforms: undefined } },
    { line: 'multiarch/qemu-user-static:register --reset', want: { kind: 'install', platforms: undefined } },
    { line: 'multiarch/qemu-user-static:x86_64-aarch64 sh', want: undefined },
    { line: 'docker/binfmt:a7996909642ee92942dcd6cff44b9b95f08dad64', want: { kind: 'install', platforms: undefined } },
    { line: 'aptman/qus -s -- -p', want: { kind: 'install', platforms: undefined } },
    { line: 'ghcr.io/tonistiigi/binfmt --install all', want: undefined },
    { line: 'busybox --install all', want: undefined },
  ]
  for (const { line, want } of cases) {
    const [image = '', ...words] = line.split(' ')
    it(`reads ${line}`, () => assert.deepEqual(parseBinfmtRequest(image, words), want))
  }
  it('refuses an architecture that there is not', () => {
    assert.throws(() => parseBinfmtRequest('tonistiigi/binfmt', ['--install', 'arm64,z80']), InvalidValueError)
  })
})

describe('answerBinfmt', () => {
  const never = new AbortController().signal
  const missing: MessageInitShape<typeof DescribePlatformResponseSchema> = { support: { case: 'missing', value: { reason: 'qemu-riscv64 is not installed', hint: 'apt-get install qemu-user-static' } } }

  async function answer(request: BinfmtRequest, emulators: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const platforms = [{ platform: 'linux/amd64', emulator: '' }, ...emulators.map((emulator) => ({ platform: 'linux/arm64', emulator }))]
    const local = { describe: async () => create(DescribeResponseSchema, { platforms }), describePlatform: async () => create(DescribePlatformResponseSchema, missing) }
    const code = await answerBinfmt({ local }, request, { stdout, stderr }, never)
    return { code, stdout: String(stdout.read()), stderr: String(stderr.read()) }
  }

  it('says what there is, and that nothing is to be installed', async () => {
    const { code, stdout, stderr } = await answer({ kind: 'install', platforms: undefined }, ['qemu-aarch64'])
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout), { supported: ['linux/amd64', 'linux/arm64'], emulators: ['qemu-aarch64'] })
    assert.match(stderr, /^note: nothing to install/)
  })
  it('takes what runs natively for installed', async () => {
    assert.equal((await answer({ kind: 'install', platforms: ['linux/amd64'] }, [])).code, 0)
  })
  for (const request of [{ kind: 'install', platforms: ['linux/riscv64'] }, { kind: 'install', platforms: undefined }] as const) {
    it(`fails with the remedy where ${request.platforms?.join() ?? 'everything'} is asked for and not there`, async () => {
      const { code, stderr } = await answer(request, [])
      assert.equal(code, 1)
      assert.match(stderr, /^ERROR: linux\/\w+ is not emulated here: qemu-riscv64 is not installed\nhint: apt-get install qemu-user-static\n$/)
    })
  }
  it('has nothing to uninstall', async () => {
    assert.match((await answer({ kind: 'uninstall' }, [])).stderr, /^note: nothing to uninstall/)
  })
})
