import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ImageSchema, type Image } from '../../api/gen/local_pb.ts'
import { BuildError } from '../../ground/errors.ts'
import { UsageError } from '../flags/usageError.ts'
import { createNameFilter, filterImages } from './imageFilter.ts'
import { findImageNames } from './imageName.ts'

describe('createNameFilter', () => {
  const cases = [
    { name: 'all tags of a repository', asked: 'app', image: 'docker.io/library/app:2', want: true },
    { name: 'no other repository', asked: 'app', image: 'docker.io/library/app2:latest', want: false },
    { name: 'one tag', asked: 'localhost:5000/app:1', image: 'localhost:5000/app:1', want: true },
    { name: 'no other tag', asked: 'localhost:5000/app:1', image: 'localhost:5000/app:2', want: false },
    { name: 'a repository at a host with a port', asked: 'localhost:5000/app', image: 'localhost:5000/app:2', want: true },
    { name: 'no image without a name', asked: 'app', image: '', want: false },
  ]
  for (const { name, asked, image, want } of cases) it(`takes ${name}`, () => assert.equal(createNameFilter(asked)(image), want))
})

const HOUR_MS = 3_600_000

/** An image of the digest `fill` repeated, that came here so many hours after the epoch. */
function image(reference: string, fill: string, hours: number, created = ''): Image {
  return create(ImageSchema, { reference, digest: `sha256:${fill.repeat(64 / fill.length)}`, createdAtMs: BigInt(hours * HOUR_MS), platforms: [{ platform: 'linux/amd64', created }] })
}

const IMAGES = [
  image('docker.io/library/app:1', 'ab', 1),
  image('docker.io/library/app:2', 'ab', 2),
  image('localhost:5000/team/app:2', 'abcd', 3),
  image('docker.io/me/tool:latest', 'cd', 9, '1970-01-01T04:00:00Z'),
]

describe('filterImages', () => {
  const cases = [
    { name: 'all where there is no filter', filters: [], want: [0, 1, 2, 3] },
    { name: 'those whose name matches', filters: ['reference=app'], want: [0, 1] },
    { name: 'those whose name and tag match', filters: ['reference=*:2'], want: [1] },
    { name: 'a slash by a slash only', filters: ['reference=*/*'], want: [3] },
    { name: 'what matches one of several references', filters: ['reference=app:1', 'reference=me/*'], want: [0, 3] },
    { name: 'what matches filters of every key', filters: ['reference=app*', 'since=app:1'], want: [1] },
    { name: 'what came before an image', filters: ['before=localhost:5000/team/app:2'], want: [0, 1] },
    { name: 'what came after an image that is named by its id', filters: ['since=abcd'], want: [3] },
    { name: 'what is older than a time span, by what it says itself', filters: ['until=5h30m'], want: [0, 1, 2, 3] },
    { name: 'what is older than a point of time', filters: ['until=1970-01-01T02:30:00Z'], want: [0, 1] },
    { name: 'nothing as dangling: all have names', filters: ['dangling=true'], want: [] },
    { name: 'all as not dangling', filters: ['dangling=false'], want: [0, 1, 2, 3] },
  ]
  for (const { name, filters, want } of cases) {
    it(`takes ${name}`, () => assert.deepEqual(filterImages(filters, { images: IMAGES, now: 10 * HOUR_MS }), want.map((index) => IMAGES[index])))
  }
  for (const filter of ['label=x', 'dangling=perhaps', 'before=nosuch', 'until=soon', 'until=2026-99-99', 'reference=[', 'reference']) {
    it(`refuses ${filter}`, () => assert.throws(() => filterImages([filter], { images: IMAGES, now: 0 }), (error) => error instanceof BuildError && error.kind === 'usage'))
  }
})

describe('findImageNames', () => {
  const never = new AbortController().signal
  const names = async (text: string, images = IMAGES): Promise<readonly string[]> => findImageNames({ local: { listImages: async () => ({ images }) } }, text, never)
  const cases = [
    { text: 'app:1', want: ['app:1'] },
    { text: 'ababab', want: ['app:1', 'app:2'] },
    { text: 'sha256:cdcd', want: ['me/tool:latest'] },
    { text: 'abcdab', want: ['localhost:5000/team/app:2'] },
    { text: 'ffff', want: ['ffff'] },
    { text: 'abc', want: ['abc'] },
  ]
  for (const { text, want } of cases) it(`finds ${want.join(', ')} for ${text}`, async () => assert.deepEqual(await names(text), want))
  it('takes a name rather than an id', async () => {
    assert.deepEqual(await names('abab', [...IMAGES, image('docker.io/library/abab:latest', '01', 1)]), ['abab'])
  })
  it('refuses an id that several images begin with', async () => {
    await assert.rejects(names('abab', [...IMAGES, image('docker.io/library/x:1', 'abababcd', 1)]), UsageError)
  })
})
