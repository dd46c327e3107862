/**
 * Stands in for the SDK's default credential chain in every bundle. On Lambda the credentials are three environment
 * variables, fixed for the life of the process; the chain would look for them there first as well, and brings 136 kB of
 * code for sign-in flows that a function never uses.
 */
type EnvironmentCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** Has the shape of `@aws-sdk/credential-provider-node`. The provider throws when the variables are absent. */
export function defaultProvider(): () => Promise<EnvironmentCredentials> {
  return async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) throw new Error('no AWS credentials in the environment');
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    };
  };
}
