import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { choosePlatform, parsePlatform } from '../../ground/platform.ts'
import { explainOrder, judgeImages, nearestPlatforms, type OfferedImage } from './matching.ts'

function offer(...platforms: readonly (string | undefined)[]): readonly OfferedImage[] {
  return platforms.map((text, index) => ({ digest: `sha256:${index}`, platform: text === undefined ? undefined : parsePlatform(text) }))
}

describe('explainOrder', () => {
  it('says what each image is to the platform', () => {
    assert.deepEqual(explainOrder(parsePlatform('linux/amd64/v2')), [
      { platform: 'linux/amd64/v2', why: 'the same' },
      { platform: 'linux/amd64', why: 'a lower level of the same CPU' },
      { platform: 'linux/386', why: '32-bit programs, which most such CPUs run' },
    ])
  })
})

describe('judgeImages', () => {
  const cases = [
    {
      name: 'the same before what would do, then the rest',
      has: ['linux/amd64', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7', 'linux/arm64'],
      wanted: 'linux/arm/v6',
      want: ['linux/arm/v6 ✔ the same', 'linux/arm/v5 would do, but is a lesser match', 'linux/amd64 for another architecture', 'linux/arm/v7 needs a newer CPU: v7', 'linux/arm64 64-bit programs need a 64-bit CPU'],
    },
    { name: 'a 32-bit image for a 64-bit CPU', has: ['linux/arm/v7', 'windows/arm64'], wanted: 'linux/arm64', want: ['linux/arm/v7 ✔ the best there is: 32-bit programs, which most such CPUs run', 'windows/arm64 for another operating system, windows'] },
    { name: 'a lower level', has: ['linux/amd64'], wanted: 'linux/amd64/v3', want: ['linux/amd64 ✔ the best there is: a lower level of the same CPU'] },
    { name: 'the first of equals', has: ['linux/s390x', 'linux/s390x'], wanted: 'linux/s390x', want: ['linux/s390x ✔ the same', 'linux/s390x stands behind an equal one in the index'] },
    { name: 'the one image without a platform', has: [undefined, 'linux/386'], wanted: 'linux/s390x', want: ['not named ✔ the only image of which the index names no platform', 'linux/386 for another architecture'] },
    { name: 'none', has: ['linux/arm64/v9', undefined, undefined], wanted: 'linux/arm64', want: ['linux/arm64/v9 needs a newer CPU: v9', 'not named the index does not name its platform', 'not named the index does not name its platform'] },
  ]
  for (const { name, has, wanted, want } of cases) {
    it(`takes ${name}`, () => {
      const judged = judgeImages(offer(...has), parsePlatform(wanted))
      assert.deepEqual(judged.map(({ platform, isChosen, why }) => `${platform} ${isChosen ? '✔ ' : ''}${why}`), want)
    })
  }

  it('chooses what a build chooses', () => {
    const platforms = ['linux/amd64', 'linux/amd64/v2', 'linux/386', 'linux/arm/v5', 'linux/arm/v7', 'linux/arm64', 'linux/arm64/v8.2', 'linux/arm64/v9', 'linux/riscv64']
    const images = offer(...platforms.toReversed())
    for (const wanted of [...platforms, 'linux/arm/v6', 'linux/amd64/v4', 'linux/arm64/v9.2', 'linux/mips'].map((text) => parsePlatform(text))) {
      assert.equal(judgeImages(images, wanted).find(({ isChosen }) => isChosen)?.digest, choosePlatform(images, wanted)?.digest)
    }
  })
})

describe('nearestPlatforms', () => {
  const cases = [
    { has: ['linux/arm64', 'linux/arm/v7', 'linux/amd64', 'linux/arm/v8'], wanted: 'linux/arm/v6', want: ['linux/arm/v7', 'linux/arm/v8', 'linux/arm64'] },
    { has: ['linux/amd64', 'windows/386'], wanted: 'linux/386', want: ['linux/amd64'] },
    { has: ['linux/amd64'], wanted: 'linux/s390x', want: [] },
  ]
  for (const { has, wanted, want } of cases) {
    it(`of ${has.join(', ')} to ${wanted} are ${want.join(', ') || 'none'}`, () => {
      assert.deepEqual(nearestPlatforms(has.map((text) => parsePlatform(text)), parsePlatform(wanted)), want)
    })
  }
})
