import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import { parseIndexAnnotations } from './annotationFlags.ts'
import { parseSource, placeSources } from './sourceText.ts'

const DIGEST = digestOf('image')

describe('the sources of a new index', () => {
  const cases: readonly { readonly name: string; readonly sources: readonly string[]; readonly tags: readonly string[]; readonly want: readonly string[] }[] = [
    { name: 'are names', sources: ['app', 'localhost:5000/app:1', `app@${DIGEST}`], tags: [], want: ['docker.io/library/app:latest', 'localhost:5000/app:1', `docker.io/library/app@${DIGEST}`] },
    { name: 'are digests in the repository of the tag', sources: [DIGEST], tags: ['localhost:5000/app:1'], want: [`localhost:5000/app@${DIGEST}`] },
    { name: 'are digests in the repository of another source', sources: [`${DIGEST}\n`, 'app:2'], tags: ['app:1'], want: [`docker.io/library/app@${DIGEST}`, 'docker.io/library/app:2'] },
    { name: 'are descriptors', sources: [` {"digest":"${DIGEST}"}`], tags: ['app:1'], want: [`docker.io/library/app@${DIGEST}`] },
  ]
  for (const { name, sources, tags, want } of cases) {
    it(name, () => assert.deepEqual(placeSources(sources.map(parseSource), tags.map(parseReference)).map(({ reference }) => formatReference(reference)), want))
  }

  const refusals: readonly { readonly name: string; readonly sources: readonly string[]; readonly tags: readonly string[]; readonly says: RegExp }[] = [
    { name: 'digests of no repository', sources: [DIGEST], tags: [], says: /of which repository the sources are/ },
    { name: 'digests of one of two repositories', sources: [DIGEST, 'a'], tags: ['b'], says: /of which repository is sha256:.* docker.io\/library\/b, docker.io\/library\/a/ },
    { name: 'a whole index', sources: ['{"schemaVersion":2,"manifests":[]}'], tags: ['a'], says: /it has no digest/ },
    { name: 'a digest that is too short', sources: ['sha256:12'], tags: ['a'], says: /invalid digest/ },
    { name: 'what is no name', sources: ['A B'], tags: ['a'], says: /invalid image reference/ },
  ]
  for (const { name, sources, tags, says } of refusals) {
    it(`are not ${name}`, () => assert.throws(() => placeSources(sources.map(parseSource), tags.map(parseReference)), says))
  }
})

describe('the annotations of a new index', () => {
  const platform = { os: 'linux', architecture: 'arm64', variant: '', osVersion: '' }
  const cases: readonly { readonly text: string; readonly want: ReturnType<typeof parseIndexAnnotations> }[] = [
    { text: 'k=v=w', want: [{ kind: 'index', key: 'k', value: 'v=w' }] },
    { text: 'index:k=', want: [{ kind: 'index', key: 'k', value: '' }] },
    { text: 'index,manifest-descriptor[linux/arm64]:k=v', want: [{ kind: 'index', key: 'k', value: 'v' }, { kind: 'manifest-descriptor', platform, key: 'k', value: 'v' }] },
    { text: 'manifest-descriptor:k=v', want: [{ kind: 'manifest-descriptor', platform: undefined, key: 'k', value: 'v' }] },
  ]
  for (const { text, want } of cases) it(`are read from ${text}`, () => assert.deepEqual(parseIndexAnnotations([text]), want))
  for (const text of ['manifest:k=v', 'index-descriptor:k=v', 'index[linux/arm64]:k=v', 'k']) {
    it(`are not ${text}`, () => assert.throws(() => parseIndexAnnotations([text]), { name: 'UsageError' }))
  }
})
