import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { DescribePlatformResponseSchema } from '../../api/gen/local_pb.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { explain, type ExplanationFacts } from './explanation.ts'
import { formatExplanation } from './formatExplanation.ts'
import { judgeImages, nearestPlatforms } from './matching.ts'
import { readWrittenPlatform } from './writtenPlatform.ts'

const HOST = parsePlatform('linux/amd64')
const NATIVE = ['linux/amd64', 'linux/amd64/v2', 'linux/386']
const EMULATED = create(DescribePlatformResponseSchema, { support: { case: 'emulated', value: { emulator: 'qemu-x', path: '/usr/bin/qemu-x', version: '9.1' } } }).support

function lines(text: string, facts: Partial<ExplanationFacts>): readonly string[] {
  const support = create(DescribePlatformResponseSchema, { support: { case: 'native', value: {} } }).support
  return formatExplanation(explain(readWrittenPlatform(text, HOST), { support, native: NATIVE, image: undefined, ...facts })).split('\n')
}

describe('formatExplanation', () => {
  it("tells of the machine's own platform what else runs natively", () => {
    assert.deepEqual(lines('amd64', {}).slice(0, 5), [
      'linux/amd64: 64-bit x86, any x86-64 CPU',
      '  written      amd64 is another way to write linux/amd64',
      '  runs here    natively',
      '  also called  x86_64 (uname -m), x64 (Node.js)',
      '  also native  linux/amd64/v2, linux/386',
    ])
  })
  it('tells emulator, CPU and limits of what is emulated', () => {
    const found = lines('linux/ppc64le', { support: EMULATED })
    assert.equal(found[1], '  runs here    emulated by qemu-x 9.1 (/usr/bin/qemu-x); this machine is linux/amd64')
    assert.ok(found.some((line) => line.includes('real machines have 64 KiB')))
  })
  it('has no word of page sizes where they are the same', () => assert.ok(!lines('linux/s390x', { support: EMULATED }).some((line) => line.includes('KiB'))))
  it('says why it does not run here, and what to do', () => {
    const { support } = create(DescribePlatformResponseSchema, { support: { case: 'missing', value: { reason: 'qemu-x is not installed', hint: 'apt-get install qemu-user-static' } } })
    assert.deepEqual(lines('linux/riscv64', { support }).slice(1, 3), ['  runs here    no: qemu-x is not installed', '  do           apt-get install qemu-user-static'])
  })

  const images = [
    { digest: `sha256:${'a'.repeat(64)}`, platform: parsePlatform('linux/arm/v7') },
    { digest: `sha256:${'b'.repeat(64)}`, platform: parsePlatform('linux/arm/v5') },
  ]
  it('marks the image that a platform gets', () => {
    const found = lines('linux/arm/v6', { support: EMULATED, image: { name: 'app:1', from: 'registry', isIndex: true, manifests: judgeImages(images, parsePlatform('linux/arm/v6')), nearest: [] } })
    assert.deepEqual(found.slice(-5), [
      `linux/arm/v6 gets linux/arm/v5 of app:1 (registry): sha256:${'b'.repeat(64)}`,
      '    PLATFORM       DIGEST         WHY',
      '→   linux/arm/v5   bbbbbbbbbbbb   the best there is: a lower level of the same CPU',
      '    linux/arm/v7   aaaaaaaaaaaa   needs a newer CPU: v7',
      '',
    ])
  })
  it('names the nearest where there is none', () => {
    const wanted = parsePlatform('linux/arm/v5')
    const [only] = images
    const offered = only === undefined ? [] : [only]
    const found = lines('linux/arm/v5', { support: EMULATED, image: { name: 'app:1', from: 'registry', isIndex: false, manifests: judgeImages(offered, wanted), nearest: nearestPlatforms(offered.map(({ platform }) => platform), wanted) } })
    assert.deepEqual(found.slice(-6, -3), ['linux/arm/v5 gets nothing of app:1 (registry)', '  it has no index, and is one image for one platform', '  the nearest is linux/arm/v7'])
  })
})
