import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { REGISTRY_LOGIN, startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startLinkProxy, type LinkProxy } from '../support/servers/linkProxy.ts'
import { untilFound, untilNone } from '../support/engine/traces.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { startPelago, type StartedCommand } from '../support/startedCommand.ts'

/** What is sent lasts for seconds. */
const BYTES_PER_SECOND = 16 * 1024 * 1024
const LAYER_BYTES = 48 * 1024 * 1024
const GONE_MS = 10_000

/** A docker-registry that wants a login, behind a slow link. */
interface Scene {
  readonly pelago: Pelago
  readonly registry: DockerRegistry
  readonly link: LinkProxy
  /** `127.0.0.1:<port>/app:1`, by the link. */
  readonly image: string
  readonly context: string
}

async function setScene(undo: AsyncDisposableStack, steps: readonly string[] = []): Promise<Scene> {
  const pelago = undo.use(await openPelago({ PELAGO_LINGER: '0.5', PELAGO_WARM: '0' }))
  const registry = undo.use(await startDockerRegistry({ asksForLogin: true }))
  const link = undo.use(await startLinkProxy({ host: '127.0.0.1', port: Number(registry.host.split(':')[1]) }, { bytesPerSecond: BYTES_PER_SECOND }))
  const context = await pelago.context({ Dockerfile: ['FROM scratch', 'COPY large /', ...steps, ''].join('\n'), large: randomBytes(LAYER_BYTES), foreign: FOREIGN_PROGRAM })
  await pelago.succeed(['login', '-u', REGISTRY_LOGIN.username, '--password-stdin', `127.0.0.1:${link.port}`], { input: REGISTRY_LOGIN.password })
  return { pelago, registry, link, image: `127.0.0.1:${link.port}/app:1`, context }
}

/** The head of an ELF file for RISC-V, of 64 bits. */
const FOREIGN_PROGRAM = Buffer.concat([Buffer.from('7f454c46020101000000000000000000', 'hex'), Buffer.from('0200f30001000000', 'hex'), Buffer.alloc(40)])

async function inTheMiddle({ registry }: Scene): Promise<void> {
  await untilFound(() => registry.unfinishedUploads('app').find((bytes) => bytes > 1024 * 1024), 60_000)
}

describe('an upload to a docker-registry', { skip: missingForBuilds('docker-registry') }, () => {
  const interrupted: readonly { readonly name: string; readonly begin: (scene: Scene) => Promise<StartedCommand> }[] = [
    { name: 'that a build began while it packed', begin: async ({ pelago, image, context }) => startPelago(pelago, ['build', '-t', image, '--push', context]) },
    {
      name: 'of a push',
      async begin({ pelago, image, context }) {
        await pelago.succeed(['build', '-t', image, context])
        return startPelago(pelago, ['push', image])
      },
    },
  ]
  for (const { name, begin } of interrupted) {
    it(`${name} is taken back at Ctrl-C`, async () => {
      await using undo = new AsyncDisposableStack()
      const scene = await setScene(undo)
      const command = undo.use(await begin(scene))
      await inTheMiddle(scene)
      command.kill('SIGINT')
      scene.link.widen()
      assert.equal((await command.ended).status, 130)
      await untilNone(() => scene.registry.unfinishedUploads('app'), GONE_MS)
    })

    it(`${name} keeps nobody where nothing comes through any more`, async () => {
      await using undo = new AsyncDisposableStack()
      const scene = await setScene(undo)
      const command = undo.use(await begin(scene))
      await inTheMiddle(scene)
      scene.link.cut()
      command.kill('SIGINT')
      assert.equal((await command.ended).status, 130)
    })
  }

  it('is taken back where the build fails meanwhile', async () => {
    await using undo = new AsyncDisposableStack()
    const scene = await setScene(undo, ['COPY --chmod=755 foreign /bin/foreign'])
    scene.link.widen() // else it would take too long until what is on its way has come through: who can say when the build fails
    const { exitCode, stderr } = await scene.pelago.run(['build', '--platform', 'linux/amd64', '--audit', 'error', '-t', scene.image, '--push', scene.context])
    assert.equal(exitCode, 1, stderr)
    await untilNone(() => scene.registry.unfinishedUploads('app'), GONE_MS)
  })
})
