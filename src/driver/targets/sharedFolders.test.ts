import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namesAgree, withSharedNames } from './sharedFolders.ts'
import { buildRequest } from './targetRequest.suite.ts'

const names = (request: Parameters<typeof buildRequest>[0]): readonly (readonly [key: string, value: string])[] => [...withSharedNames(buildRequest(request)).attributes]

describe('the folders of several builds', () => {
  it('have one name wherever they are the same, and others not the same', () => {
    const one = names({ folders: new Map([['context', '/home/me/app']]) })
    assert.match(one[0]?.join() ?? '', /^contextkey,app-[0-9a-f]{12}$/)
    assert.deepEqual(names({ folders: new Map([['context', '/home/me/app']]) }), one)
    assert.notDeepEqual(names({ folders: new Map([['context', '/other/app']]) }), one)
  })
  it('are found under it as Dockerfile and as named contexts', () => {
    const renamed = withSharedNames(buildRequest({ folders: new Map([['context', '/app'], ['dockerfile', '/app'], ['tools', '/tools']]), attributes: new Map([['context:tools', 'local:tools'], ['context:base', 'docker-image://local:tools'], ['target', 'x']]) }))
    const app = renamed.attributes.get('contextkey') ?? ''
    assert.equal(renamed.attributes.get('dockerfilekey'), app)
    const tools = renamed.attributes.get('context:tools')?.replace('local:', '') ?? ''
    assert.deepEqual([...renamed.folders], [[app, '/app'], [tools, '/tools']])
    assert.deepEqual([renamed.attributes.get('context:base'), renamed.attributes.get('target')], ['docker-image://local:tools', 'x'])
  })
  it('keep their names where these mean one thing to all', () => {
    const of = (path: string): ReturnType<typeof buildRequest> => buildRequest({ folders: new Map([['context', path]]) })
    assert.deepEqual([namesAgree([of('/a'), of('/a')]), namesAgree([of('/a'), of('/b')]), namesAgree([of('/a'), buildRequest({})])], [true, false, false])
  })
  it('that are in memory are told apart by what is in them, and stand before one of the same name', () => {
    const inline = (text: string): ReturnType<typeof withSharedNames> => withSharedNames(buildRequest({ folders: new Map([['dockerfile', '/app']]), files: new Map([['dockerfile', new Map([['Dockerfile', Buffer.from(text)]])]]) }))
    const [one, other] = [inline('FROM a'), inline('FROM b')]
    assert.equal(one.folders.size, 0)
    assert.deepEqual([...one.files.keys()], [one.attributes.get('dockerfilekey')])
    assert.notEqual(one.attributes.get('dockerfilekey'), other.attributes.get('dockerfilekey'))
  })
  it('leave a context that is none of them alone', () => {
    assert.deepEqual(names({ attributes: new Map([['context', 'https://host/a.git']]) }), [['context', 'https://host/a.git']])
    const apart = withSharedNames(buildRequest({ folders: new Map([['dockerfile', '/files']]), attributes: new Map([['context', 'https://host/a.git'], ['dockerfilekey', 'dockerfile']]) }))
    assert.match(apart.attributes.get('dockerfilekey') ?? '', /^files-/)
  })
})
