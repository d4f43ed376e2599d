// A backend that knows the issuer's name and its own credentials, and a library that knows nothing of us (npm openid-client):
// discovery, client credentials, refresh, introspection, user info, revocation, once by each way of authenticating.
// Reads a request as JSON from standard input and prints what came of it; anything wrong ends it with an error.
import * as client from 'openid-client'
import { importJWK } from 'jose'

const input = JSON.parse(await new Response(process.stdin).text())
const key = input.private_key && { key: await importJWK(input.private_key, input.algorithm), kid: input.private_key.kid }
const authentication = {
  client_secret_basic: () => client.ClientSecretBasic(input.client_secret),
  client_secret_post: () => client.ClientSecretPost(input.client_secret),
  private_key_jwt: () => client.PrivateKeyJwt(key)
}[input.method]()

// Plain http is for loopback only; signatures are checked although the tokens came straight from the issuer.
const config = await client.discovery(new URL(input.issuer), input.client_id, undefined, authentication, {
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks]
})
if (!config.serverMetadata().token_endpoint_auth_methods_supported.includes(input.method)) throw new Error(`${input.method} is not advertised`)

const own = await client.clientCredentialsGrant(config)
const refreshed = await client.refreshTokenGrant(config, input.refresh_token)
const info = await client.fetchUserInfo(config, refreshed.access_token, input.user)
const before = await client.tokenIntrospection(config, refreshed.access_token)
await client.tokenRevocation(config, refreshed.refresh_token)
const after = await client.tokenIntrospection(config, refreshed.access_token)

const refusal = await client.refreshTokenGrant(config, refreshed.refresh_token).then(() => null, e => e.error)
console.log(JSON.stringify({ own: own.token_type, claims: refreshed.claims(), phone: info.phone_number, before, after, refusal }))
