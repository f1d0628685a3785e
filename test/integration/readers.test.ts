import assert from 'node:assert/strict'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { type Pelago } from '../support/pelago.ts'
import { describeFile, listTree, tool, unpackImage, type UnpackedImage } from '../support/images/unpackedImage.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const DOCKERFILE = `ARG BASE
FROM $BASE AS start
RUN mkdir -p /old/sub /kept /folder-gone && echo 1 > /old/one && echo 2 > /old/sub/two && echo k > /kept/a && echo l > /kept/b && echo x > /gone && touch /folder-gone/x
ADD capable.tar /opt/
FROM start
RUN rm -r /old && mkdir -m 700 /old && echo new > /old/new
RUN rm -r /gone /kept/a /folder-gone
RUN echo linked > /first && ln /first /second && ln -s first /symbolic && ln -s /not/there /dangling && mkfifo -m 640 /pipe
RUN mkdir /large && touch /large/file && chown 60123:60456 /large/file && chown 65534 /large && echo s > /setuid && chmod 6755 /setuid && mkdir -m 1777 /sticky
RUN chmod 600 /kept/b
RUN touch /opt/beside && ln /kept/b /kept/c
COPY --from=start /opt/capable /again/capable
`
const CAPABILITY = 'cap_net_bind_service=ep'
const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const
const isRoot = process.getuid?.() === 0

describe('the layers of an image, read by skopeo and umoci', { skip: isRoot ? missingForBuilds('skopeo', 'umoci', 'setcap', 'tar') : 'umoci unpacks owners as root only', concurrency: false }, () => {
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  const images = new Map<string, UnpackedImage>()
  before(async () => {
    ({ registry, pelago } = workbench = await openWorkbench())
    const { base } = workbench
    const context = await pelago.context({ Dockerfile: DOCKERFILE, capable: 'program' })
    await tool('setcap', CAPABILITY, join(context, 'capable'))
    await tool('tar', '--xattrs', '--xattrs-include=security.capability', '-C', context, '-cf', join(context, 'capable.tar'), 'capable')
    const reference = `${registry.host}/files:1`
    await pelago.succeed(['build', '--platform', PLATFORMS.join(','), '--build-arg', `BASE=${base}`, '-t', reference, '--push', context])
    for (const platform of PLATFORMS) images.set(platform, await unpackImage(pelago, `docker://${reference}`, platform))
  })
  after(() => workbench[Symbol.asyncDispose]())

  for (const platform of PLATFORMS) {
    describe(platform, () => {
      const at = (path: string): string => join(images.get(platform)?.root ?? '', path)
      const image = (): UnpackedImage => images.get(platform) ?? assert.fail(`${platform} was not built`)

      it('has modes, owners and links as the steps made them', () => {
        const files = new Map(['first', 'symbolic', 'dangling', 'pipe', 'setuid', 'sticky', 'large', 'large/file', 'kept/b'].map((path) => [path, describeFile(at(path))]))
        assert.deepEqual(Object.fromEntries(files), {
          first: 'file 644 0:0 "linked\\n"',
          symbolic: 'link 0:0 -> first',
          dangling: 'link 0:0 -> /not/there',
          pipe: 'fifo 640 0:0',
          setuid: 'file 6755 0:0 "s\\n"',
          sticky: 'folder 1777 0:0',
          large: 'folder 755 65534:0',
          'large/file': 'file 644 60123:60456 ""',
          'kept/b': 'file 600 0:0 "l\\n"',
        })
      })

      it('has hard links, in one layer and to a file of a layer below', () => {
        for (const [one, other] of [['first', 'second'], ['kept/b', 'kept/c']] as const) {
          assert.deepEqual([lstatSync(at(one)).ino, lstatSync(at(one)).nlink], [lstatSync(at(other)).ino, 2])
        }
      })

      it('has nothing of what was removed', () => {
        assert.deepEqual(listTree(at('old')), ['new file 644 0:0 "new\\n"'])
        assert.equal(describeFile(at('old')), 'folder 700 0:0')
        assert.deepEqual(listTree(at('kept')).map((line) => line.split(' ')[0]), ['b', 'c'])
        for (const path of ['gone', 'folder-gone']) assert.throws(() => describeFile(at(path)), { code: 'ENOENT' })
      })

      it('keeps the capability of a file, from an archive and from a stage', async () => {
        assert.equal((await tool('getcap', at('opt/capable'))).trim(), `${at('opt/capable')} ${CAPABILITY}`)
        assert.equal((await tool('getcap', at('again/capable'))).trim(), `${at('again/capable')} ${CAPABILITY}`)
      })

      it('says of each layer what the step changed, and no more', async () => {
        const steps = image().config.history.filter((entry) => entry.empty_layer !== true).map((entry) => entry.created_by ?? '')
        const layerOf = async (part: string): Promise<readonly string[]> => {
          const index = steps.findIndex((step) => step.includes(part))
          const digest = image().manifest.layers[index]?.digest ?? ''
          const listed = await tool('tar', '-tzf', join(image().layout, 'blobs', digest.replace(':', '/')))
          return listed.trim().split('\n').sort()
        }
        assert.deepEqual(await layerOf('rm -r /gone'), ['.wh.folder-gone', '.wh.gone', 'kept/', 'kept/.wh.a'])
        assert.deepEqual(await layerOf('chmod 600 /kept/b'), ['kept/', 'kept/b'])
        assert.deepEqual(await layerOf('ln /first'), ['dangling', 'first', 'pipe', 'second', 'symbolic'])
        const replaced = await layerOf('rm -r /old')
        assert.ok(replaced.includes('old/.wh..wh..opq') || replaced.includes('old/.wh.one'), replaced.join('\n'))
        assert.deepEqual(replaced.filter((path) => !path.includes('.wh.')), ['old/', 'old/new'])
      })
    })
  }

  it('leaves nothing of Pelago in the image', () => {
    const strays = PLATFORMS.flatMap((platform) => listTree(images.get(platform)?.root ?? '')).filter((line) => /pelago|qemu|\.mounted|^proc\/|^sys\/|^dev\//.test(line))
    assert.deepEqual(strays, [])
    for (const { root } of images.values()) assert.throws(() => lstatSync(join(root, 'etc/resolv.conf')), { code: 'ENOENT' })
  })
})
