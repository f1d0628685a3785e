import { archProbeOnBuildPlatform } from './architectures/archProbeOnBuildPlatform.ts'
import { buildPlatformResult } from './architectures/buildPlatformResult.ts'
import { emulatedCompiler } from './architectures/emulatedCompiler.ts'
import { hardcodedArchInDownload } from './architectures/hardcodedArchInDownload.ts'
import { hardcodedTargetArch } from './architectures/hardcodedTargetArch.ts'
import { ignoredStagePlatform } from './architectures/ignoredStagePlatform.ts'
import { platformSpecificDigest } from './architectures/platformSpecificDigest.ts'
import { sharedCacheMount } from './architectures/sharedCacheMount.ts'
import { singleArchPackage } from './architectures/singleArchPackage.ts'
import { undeclaredTargetArg } from './architectures/undeclaredTargetArg.ts'
import { unpinnedBaseImage } from './architectures/unpinnedBaseImage.ts'
import { consistentInstructionCasing } from './instructions/consistentInstructionCasing.ts'
import { copyIgnoredFile } from './instructions/copyIgnoredFile.ts'
import { exposeInvalidFormat } from './instructions/exposeInvalidFormat.ts'
import { exposeProtoCasing } from './instructions/exposeProtoCasing.ts'
import { jsonArgsRecommended } from './instructions/jsonArgsRecommended.ts'
import { legacyKeyValueFormat } from './instructions/legacyKeyValueFormat.ts'
import { maintainerDeprecated } from './instructions/maintainerDeprecated.ts'
import { multipleInstructionsDisallowed } from './instructions/multipleInstructionsDisallowed.ts'
import { noEmptyContinuation } from './instructions/noEmptyContinuation.ts'
import { secretsUsedInArgOrEnv } from './instructions/secretsUsedInArgOrEnv.ts'
import { workdirRelativePath } from './instructions/workdirRelativePath.ts'
import { newerSyntax } from './newerSyntax.ts'
import { fromPlatformFlagConstDisallowed } from './platforms/fromPlatformFlagConstDisallowed.ts'
import { invalidBaseImagePlatform } from './platforms/invalidBaseImagePlatform.ts'
import { redundantTargetPlatform } from './platforms/redundantTargetPlatform.ts'
import type { LintRule } from './rule.ts'
import { duplicateStageName } from './stages/duplicateStageName.ts'
import { fromAsCasing } from './stages/fromAsCasing.ts'
import { invalidDefinitionDescription } from './stages/invalidDefinitionDescription.ts'
import { reservedStageName } from './stages/reservedStageName.ts'
import { stageNameCasing } from './stages/stageNameCasing.ts'
import { invalidDefaultArgInFrom } from './variables/invalidDefaultArgInFrom.ts'
import { undefinedArgInFrom } from './variables/undefinedArgInFrom.ts'
import { undefinedVar } from './variables/undefinedVar.ts'

/** All there are: BuildKit's, then our own. */
export const LINT_RULES: readonly LintRule[] = [
  stageNameCasing,
  fromAsCasing,
  noEmptyContinuation,
  consistentInstructionCasing,
  duplicateStageName,
  reservedStageName,
  jsonArgsRecommended,
  maintainerDeprecated,
  undefinedArgInFrom,
  workdirRelativePath,
  undefinedVar,
  multipleInstructionsDisallowed,
  legacyKeyValueFormat,
  invalidBaseImagePlatform,
  redundantTargetPlatform,
  secretsUsedInArgOrEnv,
  invalidDefaultArgInFrom,
  fromPlatformFlagConstDisallowed,
  copyIgnoredFile,
  invalidDefinitionDescription,
  exposeProtoCasing,
  exposeInvalidFormat,
  newerSyntax,
  hardcodedArchInDownload,
  hardcodedTargetArch,
  undeclaredTargetArg,
  archProbeOnBuildPlatform,
  singleArchPackage,
  sharedCacheMount,
  emulatedCompiler,
  platformSpecificDigest,
  buildPlatformResult,
  ignoredStagePlatform,
  unpinnedBaseImage,
]
