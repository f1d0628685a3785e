/** Of one AWS account, or of a server that speaks S3. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

export interface AwsCredentialSource {
  /** Undefined where there are none. */
  credentials(signal: AbortSignal): Promise<AwsCredentials | undefined>
}
