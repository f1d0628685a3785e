import type { SecretMount, SecretVariable } from '../../graph/vertex.ts'
import { BuildError } from '../../ground/errors.ts'
import type { PrivateFile } from '../../executor/executor.ts'
import type { OpContext } from '../../solver/op.ts'
import type { ClientSecrets } from '../remote/clientSecrets.ts'

/** A step needs a secret that the client does not have. */
export class SecretNotFoundError extends BuildError {
  readonly kind = 'not-found'
  readonly secretId: string
  constructor(secretId: string) {
    super(`secret ${secretId}: not found`, { hint: `add --secret id=${secretId},src=FILE or --secret id=${secretId},env=VARIABLE` })
    this.secretId = secretId
  }
}

/** None where the client has not got it and the step can do without. @throws SecretNotFoundError */
export async function openSecretFile({ secretId, isOptional, target, uid, gid, mode }: SecretMount, secrets: ClientSecrets, context: OpContext, signal: AbortSignal): Promise<readonly PrivateFile[]> {
  const content = await fetchSecret({ secretId, isOptional }, secrets, context, signal)
  return content === undefined ? [] : [{ kind: 'file', target, content, uid, gid, mode }]
}

/** `NAME=value`, as far as the client has them. @throws SecretNotFoundError */
export async function readSecretVariables(variables: readonly SecretVariable[], secrets: ClientSecrets, context: OpContext, signal: AbortSignal): Promise<readonly string[]> {
  const settings: string[] = []
  for (const variable of variables) {
    const content = await fetchSecret(variable, secrets, context, signal)
    if (content !== undefined) settings.push(`${variable.name}=${Buffer.from(content).toString()}`)
  }
  return settings
}

 
async function fetchSecret({ secretId, isOptional }: Pick<SecretMount, 'secretId' | 'isOptional'>, secrets: ClientSecrets, { sessionId }: OpContext, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const content = await secrets.secret(sessionId, secretId, signal)
  if (content === undefined && !isOptional) throw new SecretNotFoundError(secretId)
  return content
}
