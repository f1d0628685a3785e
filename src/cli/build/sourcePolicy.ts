import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Policy } from '../../api/gen/sourcepolicy_pb.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** docker buildx's variable for a file of rules about what builds may fetch. */
const VARIABLE = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY'

/** Undefined where there is none. @throws UsageError where it cannot be read; InvalidValueError where it is no policy */
export async function readSourcePolicy({ env, workingFolder }: Pick<CommandContext, 'env' | 'workingFolder'>): Promise<Policy | undefined> {
  const path = env[VARIABLE] ?? ''
  if (path === '') return undefined
  const text = await readFile(resolve(workingFolder, path), 'utf8').catch((error: unknown) => {
    throw new UsageError(`${VARIABLE}: cannot read ${path}`, { hint: 'name a file of rules, or unset it', cause: error })
  })
  const { parsePolicyFile } = await import('../../api/policy/policyFile.ts')
  return parsePolicyFile(text, path)
}
