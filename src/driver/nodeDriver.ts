import type { BuilderNode } from './builders/builder.ts'
import type { Driver } from './driver.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Told before what takes its time to bring an engine up. */
export type Notice = (text: string) => void

/** What reaches the engine of `node`: the one table of addresses and of what speaks to them. @throws InvalidValueError on an address that is none */
export async function openNodeDriver(node: BuilderNode, env: Environment, notice: Notice = () => undefined): Promise<Driver> {
  switch (node.driver) {
    case 'embedded': {
      const { createEmbeddedDriver } = await import('./embeddedDriver.ts')
      return createEmbeddedDriver({ env })
    }
    case 'docker-container': {
      const { createContainerDriver } = await import('./containers/containerDriver.ts')
      return createContainerDriver({ node, env, notice })
    }
    case 'kubernetes': {
      const { createKubernetesDriver } = await import('./kubernetes/kubernetesDriver.ts')
      return createKubernetesDriver({ node, env, notice, key: process.cwd(), random: Math.random })
    }
    case 'remote':
      return await openRemoteDriver(node, env)
  }
}

async function openRemoteDriver({ endpoint, options }: BuilderNode, env: Environment): Promise<Driver> {
  if (/^(?:docker|podman|nerdctl)-container:/.test(endpoint)) {
    const { createContainerAddressDriver } = await import('./containers/containerAddress.ts')
    return createContainerAddressDriver(endpoint, env)
  }
  if (endpoint.startsWith('kube-pod:')) {
    const { createPodAddressDriver } = await import('./kubernetes/podAddress.ts')
    return createPodAddressDriver(endpoint, env)
  }
  const { parseRemoteOptions } = await import('./remote/remoteOptions.ts')
  const { tls, timeoutMs, silenceMs } = parseRemoteOptions(options)
  if (tls !== undefined) {
    const { createTlsDriver } = await import('./remote/tlsDriver.ts')
    return createTlsDriver(endpoint, { tls, timeoutMs, silenceMs })
  }
  if (endpoint.startsWith('ssh://')) {
    const { createSshDriver } = await import('./remote/sshDriver.ts')
    return createSshDriver(endpoint, { env, timeoutMs, silenceMs })
  }
  const { createSocketDriver } = await import('./socketDriver.ts')
  return createSocketDriver(endpoint)
}
