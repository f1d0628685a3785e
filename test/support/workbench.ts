import { pushBaseImage } from './images/baseImage.ts'
import { openPelago, type Pelago } from './pelago.ts'
import { startDockerRegistry, type DockerRegistry } from './registry/dockerRegistry.ts'

/** What most tests of builds begin with; all of it goes at the end. */
export interface Workbench extends AsyncDisposable {
  readonly registry: DockerRegistry
  readonly pelago: Pelago
  /** Reference of the base image in the registry. */
  readonly base: string
}

export async function openWorkbench(): Promise<Workbench> {
  await using undo = new AsyncDisposableStack()
  const registry = undo.use(await startDockerRegistry())
  const pelago = undo.use(await openPelago())
  const base = await pushBaseImage(registry.host)
  const held = undo.move()
  return { registry, pelago, base, [Symbol.asyncDispose]: () => held.disposeAsync() }
}
