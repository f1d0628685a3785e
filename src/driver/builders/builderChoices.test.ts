import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatChoices, NO_CHOICES, parseChoices, readChosen, withCurrent, withFolder, withoutBuilder, type BuilderChoices, type UseScope } from './builderChoices.ts'

const PLAIN: UseScope = { isGlobal: false, isDefault: false, dockerEndpoint: 'home' }
const FOLDERS = withFolder(withFolder(withCurrent(NO_CHOICES, 'b', PLAIN), '/shop/app', 'farm'), '/shop', 'big')

describe('readChosen', () => {
  const cases: readonly { readonly name: string; readonly choices: BuilderChoices; readonly folder?: string; readonly endpoint?: string; readonly want: string }[] = [
    { name: 'nothing where nothing was chosen', choices: NO_CHOICES, want: 'nothing' },
    { name: 'the current one of the endpoint', choices: withCurrent(NO_CHOICES, 'b', PLAIN), want: 'current b' },
    { name: 'no current one of another endpoint', choices: withCurrent(NO_CHOICES, 'b', PLAIN), endpoint: 'office', want: 'nothing' },
    { name: 'a global one at any endpoint', choices: withCurrent(NO_CHOICES, 'b', { ...PLAIN, isGlobal: true }), endpoint: 'office', want: 'current b' },
    { name: 'the default of an endpoint that is back', choices: withCurrent(withCurrent(NO_CHOICES, 'b', { ...PLAIN, isDefault: true }), 'c', { ...PLAIN, dockerEndpoint: 'office' }), want: 'default b' },
    { name: 'nothing of an endpoint that is back, without one', choices: withCurrent(withCurrent(NO_CHOICES, 'b', PLAIN), 'c', { ...PLAIN, dockerEndpoint: 'office' }), want: 'nothing' },
    { name: 'nothing where the default was chosen again', choices: withCurrent(withCurrent(NO_CHOICES, 'b', { ...PLAIN, isDefault: true }), 'default', PLAIN), want: 'nothing' },
    { name: 'that of the folder before the current one', choices: FOLDERS, folder: '/shop', want: 'folder /shop big' },
    { name: 'that of the nearest folder', choices: FOLDERS, folder: '/shop/app/src', want: 'folder /shop/app farm' },
    { name: 'none of a folder of a like name', choices: FOLDERS, folder: '/shop2', want: 'current b' },
    { name: 'that of the root anywhere', choices: withFolder(NO_CHOICES, '/', 'b'), folder: '/x', want: 'folder / b' },
    { name: 'the outer one where the inner is forgotten', choices: withFolder(FOLDERS, '/shop/app', undefined), folder: '/shop/app', want: 'folder /shop big' },
    { name: 'nothing that leads to one that was removed', choices: withoutBuilder(FOLDERS, 'farm'), folder: '/shop/app', want: 'folder /shop big' },
  ]
  for (const { name, choices, folder = '/elsewhere', endpoint = 'home', want } of cases) {
    it(`finds ${name}`, async () => {
      const chosen = await readChosen(parseChoices(formatChoices(choices), 'f'), { folder: async () => folder, dockerEndpoint: async () => endpoint })
      assert.equal(Object.values(chosen).join(' '), want)
    })
  }
  it('asks for nothing that does not matter', async () => {
    const place = { folder: () => assert.fail(), dockerEndpoint: () => assert.fail() }
    assert.deepEqual(await readChosen(NO_CHOICES, place), { kind: 'nothing' })
    assert.deepEqual(await readChosen(withCurrent(NO_CHOICES, 'b', { ...PLAIN, isGlobal: true }), place), { kind: 'current', builder: 'b' })
  })
})

describe('formatChoices', () => {
  it('leaves out what is empty', () => assert.equal(formatChoices(NO_CHOICES), '{}\n'))
  it('is what people can read', () => assert.equal(formatChoices(FOLDERS), '{\n  "current": {\n    "builder": "b",\n    "endpoint": "home"\n  },\n  "folders": {\n    "/shop/app": "farm",\n    "/shop": "big"\n  }\n}\n'))
})
