import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { DEFAULT_HOST_CONFIG } from '../hostConfig.ts'
import { createRegistry } from '../registryClient.ts'

const signal = new AbortController().signal
const subject = digestOf('subject')
const entry = (name: string): object => ({ mediaType: MEDIA_TYPE.ociManifest, digest: digestOf(name), size: 1, artifactType: 'test/x' })

interface Page {
  readonly status?: number
  readonly type?: string
  readonly link?: string
  readonly entries?: readonly string[]
}

/** What a server lists that has `pages` by path, and answers 404 to all else. */
async function listFrom(pages: Readonly<Record<string, Page>>): Promise<readonly string[]> {
  const server = createServer((request, response) => {
    const { status = 200, type = MEDIA_TYPE.ociIndex, link, entries = [] } = new Map(Object.entries(pages)).get(request.url ?? '') ?? { status: 404 }
    response.writeHead(status, { 'content-type': type, ...(link === undefined ? {} : { link }) })
    response.end(type.includes('html') ? '<html>' : JSON.stringify({ schemaVersion: 2, manifests: entries.map(entry) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  await using registry = createRegistry({ credentials: { credentials: async () => undefined }, hosts: DEFAULT_HOST_CONFIG, userAgent: 'test', connectionsPerHost: 2, proxy: { http: '', https: '', except: '' }, retries: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1, random: () => 0 }, now: Date.now })
  try {
    return (await registry.listReferrers({ host, repository: 'app' }, subject, signal)).map(({ digest }) => digest)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('what refers to a manifest', () => {
  const api = `/v2/app/referrers/${subject}`
  const tag = `/v2/app/manifests/${subject.replace(':', '-')}`
  const cases: readonly { readonly name: string; readonly pages: Readonly<Record<string, Page>>; readonly want: readonly string[] }[] = [
    { name: 'is listed by the API', pages: { [api]: { entries: ['a', 'b'] }, [tag]: { entries: ['c'] } }, want: ['a', 'b'] },
    { name: 'is listed in several pages', pages: { [api]: { entries: ['a'], link: '</v2/next?n=1>; rel="next"' }, '/v2/next?n=1': { entries: ['b'] } }, want: ['a', 'b'] },
    { name: 'is not looked for at another host', pages: { [api]: { entries: ['a'], link: '<http://127.0.0.2:1/v2/next>; rel="next"' } }, want: ['a'] },
    { name: 'is listed under a tag where there is no API', pages: { [tag]: { entries: ['c'] } }, want: ['c'] },
    { name: 'is listed under a tag where the API is denied', pages: { [api]: { status: 403 }, [tag]: { entries: ['c'] } }, want: ['c'] },
    { name: 'is listed under a tag where a page for people answers', pages: { [api]: { type: 'text/html' }, [tag]: { entries: ['c'] } }, want: ['c'] },
    { name: 'is nothing where nothing says so', pages: {}, want: [] },
  ]
  for (const { name, pages, want } of cases) it(name, async () => assert.deepEqual(await listFrom(pages), want.map((text) => digestOf(text))))
})
