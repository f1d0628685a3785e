import { readFile } from 'node:fs/promises'
import { parseJsonObject, type JsonObject } from '../../ground/jsonValue.ts'
import { findProgram, type Environment } from '../../kit/enterNamespaces.ts'
import { ifThere } from '../../kit/files/ifThere.ts'
import { EngineUnavailableError } from '../driver.ts'
import { programEnvironment } from '../programs/programEnvironment.ts'
import { runProgram, type UserProgram } from '../programs/runProgram.ts'
import { tellingLine } from '../programs/saidLine.ts'
import { CONTAINER_NAME } from './manifest/podTemplate.ts'

/**
 * A cluster by the user's own kubectl, which has the configuration, the certificates and the login helpers. It is given
 * paths of the API, so that a call is one request: nothing of what the cluster can do has to be looked up first.
 */
export interface Kubectl {
  readonly program: UserProgram
  /** Undefined where there is no such object. @throws EngineUnavailableError; signal.reason */
  get(path: string, signal: AbortSignal): Promise<JsonObject | undefined>
  /** Whether it is new: false where there is one of that name. @throws EngineUnavailableError; signal.reason */
  create(path: string, manifest: unknown, signal: AbortSignal): Promise<boolean>
  /** @throws EngineUnavailableError; signal.reason */
  replace(path: string, manifest: unknown, signal: AbortSignal): Promise<void>
  /** Does nothing where there is no such object. @throws EngineUnavailableError; signal.reason */
  remove(path: string, signal: AbortSignal): Promise<void>
  /** The last lines of a pod's engine, of the run before where there was one; '' where they cannot be had. @throws signal.reason */
  logs(from: { readonly namespace: string; readonly pod: string; readonly lines: number }, signal: AbortSignal): Promise<string>
  /** Of its context. @throws signal.reason */
  namespace(signal: AbortSignal): Promise<string>
}

export interface KubectlOptions {
  /** Of KUBECONFIG; '' is what kubectl itself takes. */
  readonly kubeconfig: string
  /** '' is the one that is current. */
  readonly context: string
  readonly env: Environment
}

/** A cluster that does not answer is not waited for without end. */
const REQUEST_TIMEOUT = '--request-timeout=30s'

/** @throws EngineUnavailableError where there is no kubectl */
export function findKubectl({ kubeconfig, context, env }: KubectlOptions): Kubectl {
  const path = findProgram('kubectl', env)
  if (path === undefined) throw new EngineUnavailableError('there is no kubectl on PATH', { hint: 'install it (apt install kubernetes-client, or https://kubernetes.io/docs/tasks/tools)' })
  const own = { LC_ALL: 'C', ...(kubeconfig !== '' && { KUBECONFIG: kubeconfig }) }
  const program: UserProgram = { name: 'kubectl', argv: [path, ...(context === '' ? [] : ['--context', context])], env: programEnvironment(env, own) }
  const send = async (words: readonly string[], body: unknown, signal: AbortSignal): Promise<Answer> => {
    const { exitCode, stdout, said } = await runProgram(program, [REQUEST_TIMEOUT, ...words], signal, body === undefined ? undefined : one(JSON.stringify(body)))
    return exitCode === 0 ? { kind: 'done', text: stdout } : { kind: 'refused', reason: reasonOf(said), said }
  }
  return {
    program,
    async get(apiPath, signal) {
      const answer = await send(['get', '--raw', apiPath], undefined, signal)
      if (answer.kind === 'done') return parseJsonObject(answer.text, `the cluster's answer to ${apiPath}`)
      if (answer.reason === 'NotFound') return undefined
      throw clusterFault('the cluster does not answer', answer.said)
    },
    async create(apiPath, manifest, signal) {
      const answer = await send(['create', '--raw', apiPath, '-f', '-'], manifest, signal)
      if (answer.kind === 'refused' && answer.reason !== 'AlreadyExists') throw clusterFault(`the cluster does not create ${nameOf(manifest)}`, answer.said)
      return answer.kind === 'done'
    },
    async replace(apiPath, manifest, signal) {
      const answer = await send(['replace', '--raw', apiPath, '-f', '-'], manifest, signal)
      if (answer.kind === 'refused') throw clusterFault(`the cluster does not change ${nameOf(manifest)}`, answer.said)
    },
    async remove(apiPath, signal) {
      const answer = await send(['delete', '--raw', apiPath], undefined, signal)
      if (answer.kind === 'refused' && answer.reason !== 'NotFound') throw clusterFault('the cluster does not remove the builder', answer.said)
    },
    async logs({ namespace, pod, lines }, signal) {
      for (const previous of ['&previous=true', '']) {
        const answer = await send(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${CONTAINER_NAME}&tailLines=${lines}${previous}`], undefined, signal)
        if (answer.kind === 'done' && answer.text.trim() !== '') return answer.text
      }
      return ''
    },
    async namespace(signal) {
      const { exitCode, stdout } = await runProgram(program, ['config', 'view', '--minify', '--output', 'jsonpath={..namespace}'], signal)
      if (exitCode === 0 && stdout.trim() !== '') return stdout.trim()
      return (await ifThere(readFile(POD_NAMESPACE, 'utf8')))?.trim() ?? 'default'
    },
  }
}

/** Where kubectl itself runs in a cluster, without a configuration. */
const POD_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

type Answer = { readonly kind: 'done'; readonly text: string } | { readonly kind: 'refused'; readonly reason: string; readonly said: string }

/** Kubernetes API conventions, `Status.reason`, as kubectl writes it. */
function reasonOf(said: string): string {
  return /^Error from server \((\w+)\)/m.exec(said)?.[1] ?? ''
}

const ADVICE: readonly (readonly [said: RegExp, hint: string])[] = [
  [/context .*does not exist|no context exists/i, 'kubectl config get-contexts lists what there is'],
  [/connection refused|dial tcp|no such host|i\/o timeout|Unable to connect|deadline exceeded|Client\.Timeout/i, 'see whether kubectl get pods answers: the cluster is not there, or kubectl has no configuration for it (KUBECONFIG)'],
  [/Unauthorized|must be logged in|getting credentials/i, 'log in to the cluster anew, so that kubectl get pods answers'],
  [/\(Forbidden\)|forbidden/i, 'your user needs the verbs get, list, create, update and delete on deployments, statefulsets, configmaps and pods of the namespace, and create on pods/exec; or choose another: --driver-opt namespace=NAME'],
  [/namespaces? .*not found/i, 'make it (kubectl create namespace NAME), or choose another: --driver-opt namespace=NAME'],
]

/** `what` is what was to be done; `said`, what kubectl said to it. */
export function clusterFault(what: string, said: string): EngineUnavailableError {
  const reason = tellingLine(said).replace(/^(?:Error from server (?:\(\w+\))?: |error: )/i, '')
  return new EngineUnavailableError(`${what}${reason === '' ? '' : `: ${reason}`}`, { hint: ADVICE.find(([pattern]) => pattern.test(said))?.[1] })
}

function nameOf(manifest: unknown): string {
  const { kind, metadata } = manifest as { readonly kind: string; readonly metadata: { readonly name: string } }
  return `${kind} ${JSON.stringify(metadata.name)}`
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
