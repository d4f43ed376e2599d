// Verifies a delivery as the specification's own library does. Reads headers, body and secret as JSON from standard input and prints what
// the library makes of them; anything wrong ends it with an error.
import { Webhook } from 'standardwebhooks'

const input = JSON.parse(await new Response(process.stdin).text())

const verified = input.secrets.map(secret => new Webhook(secret).verify(input.body, input.headers))

const refused = []
for (const [name, secret, body, headers] of [
  ['altered body', input.secrets[0], input.body.replace('webhook.test', 'user.locked'), input.headers],
  ['another id', input.secrets[0], input.body, { ...input.headers, 'webhook-id': 'another' }],
  ['another secret', `whsec_${Buffer.alloc(32).toString('base64')}`, input.body, input.headers],
  ['another time', input.secrets[0], input.body, { ...input.headers, 'webhook-timestamp': String(Number(input.headers['webhook-timestamp']) + 1) }]
]) {
  try {
    new Webhook(secret).verify(body, headers)
  } catch {
    refused.push(name)
  }
}

console.log(JSON.stringify({ verified, refused }))
