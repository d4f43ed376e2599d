// Checks tokens as a resource server and as a client would: from the issuer's name to its keys, by discovery.
// Reads a request as JSON from standard input and prints what the tokens say; anything wrong ends it with an error.
import { createRemoteJWKSet, jwtVerify } from 'jose'

const input = JSON.parse(await new Response(process.stdin).text())

const response = await fetch(`${input.issuer}/.well-known/openid-configuration`)
if (!response.ok) throw new Error(`discovery answered ${response.status}`)
const discovery = await response.json()
if (discovery.issuer !== input.issuer) throw new Error(`the issuer says it is ${discovery.issuer}`)
const keys = createRemoteJWKSet(new URL(discovery.jwks_uri))

const accessRules = { issuer: input.issuer, audience: 'userid-api', typ: 'at+jwt', algorithms: [input.algorithm], requiredClaims: ['exp', 'iat', 'jti', 'client_id'] }
const idRules = { issuer: input.issuer, audience: input.client_id, typ: 'JWT', algorithms: [input.algorithm], requiredClaims: ['exp', 'iat', 'auth_time', 'amr'] }

const access = await jwtVerify(input.access_token, keys, accessRules)
const id = await jwtVerify(input.id_token, keys, idRules)
const client = await jwtVerify(input.client_token, keys, { ...accessRules, algorithms: ['ES256'] })

const [header, payload, signature] = input.access_token.split('.')
const altered = JSON.parse(Buffer.from(payload, 'base64url'))
altered.sub = 'someone else'
const refused = []
for (const [name, token, rules] of [
  ['altered access token', [header, Buffer.from(JSON.stringify(altered)).toString('base64url'), signature].join('.'), accessRules],
  ['another audience', input.access_token, { ...accessRules, audience: 'another' }],
  ['another issuer', input.access_token, { ...accessRules, issuer: 'https://another.example' }],
  ['id token as access token', input.id_token, { ...accessRules, audience: input.client_id }]
]) {
  await jwtVerify(token, keys, rules).then(() => {}, () => refused.push(name))
}

console.log(JSON.stringify({ access: access.payload, id: id.payload, client: client.payload, refused }))
