import { BuildError } from '../../../../ground/errors.ts'

/** Of one AWS account, or of a server that speaks S3. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

export interface AwsCredentialSource {
  /** Undefined where there are none. @throws AwsCredentialsError where there should be some */
  credentials(signal: AbortSignal): Promise<AwsCredentials | undefined>
}

/** What is told about credentials leads to none. */
export class AwsCredentialsError extends BuildError {
  readonly kind = 'denied'
}
