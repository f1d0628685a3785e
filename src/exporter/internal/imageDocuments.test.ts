import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../content/memoryStore.ts'
import { digestOf } from '../../ground/digest.ts'
import { createImageDocuments } from './imageDocuments.ts'

const { signal } = new AbortController()

describe('the documents of an image', () => {
  it('are known before they are stored, and all stored afterwards, equal ones once', async () => {
    const content = createMemoryStore()
    let ingests = 0
    const counted: typeof content = { ...content, openIngest: (...call) => ((ingests += 1), content.openIngest(...call)) }
    const documents = createImageDocuments()
    const texts = ['one', 'two', 'three', 'one', 'four', 'five', 'six']
    const described = texts.map((text) => documents.add('text/plain', Buffer.from(text)))
    assert.deepEqual(described.map(({ digest, sizeBytes }) => [digest, sizeBytes]), texts.map((text) => [digestOf(Buffer.from(text)), text.length]))
    assert.equal(await content.sizeBytes(digestOf(Buffer.from('one')), signal), undefined)
    await documents.store(counted, signal)
    for (const { digest, sizeBytes } of described) assert.equal(await content.sizeBytes(digest, signal), sizeBytes)
    assert.equal(ingests, 6)
  })
})
