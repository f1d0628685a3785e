import { digestOf } from '../../src/ground/digest.ts'
import { openFileStore } from '../../src/content/fileStore.ts'

/*
 * A process of its own for the tests of the file store: `ingestChild.ts <folder> <resume key or ''> <bytes> <hang|commit>`.
 * Prints `offset <n>`, then `written`, then `committed` or the name, kind and hint of its error.
 */

const CHUNK = Buffer.alloc(64 * 1024, 'x')
const [folder = '', resumeKey = '', size = '0', end = 'commit'] = process.argv.slice(2)
const signal = new AbortController().signal

try {
  const store = await openFileStore({ folder, now: Date.now }, signal)
  await using ingest = await store.openIngest({ resumeKey: resumeKey === '' ? undefined : resumeKey }, signal)
  console.log(`offset ${ingest.offset}`)
  for (let left = Number(size) - ingest.offset; left > 0; left -= CHUNK.byteLength) await ingest.write(CHUNK.subarray(0, left))
  console.log('written')
  if (end === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000))
  await ingest.commit(digestOf(Buffer.alloc(Number(size), 'x')))
  console.log('committed')
} catch (error) {
  const { name, kind, hint } = error as { name: string; kind: string; hint: string }
  console.log(`${name} ${kind} ${hint}`)
}
