/**
 * On Lambda the credentials are three environment variables, fixed for the life of the process. The SDK's default chain
 * would look for them there first as well, and brings 136 kB of code for sign-in flows that a function never uses.
 */
export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** Throws when the variables are absent. */
export function credentialsFrom(environment: NodeJS.ProcessEnv): Credentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) throw new Error('no AWS credentials in the environment');
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
}
