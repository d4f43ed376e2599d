#!/bin/sh
# Logs somebody in with a code by SMS: what a backend does, call by call. Needs curl.
#
#   samples/curl/login.sh +447700900123
#
# Beside a server that was started by "dotnet run --project src/Watchword.Server" nothing has to be set: the code is in its inbox. For another
# server set WATCHWORD_URL, CLIENT_ID and CLIENT_SECRET.
set -eu

number=${1:?"usage: $0 NUMBER, for example +447700900123"}
case $number in *[!+0-9]*) echo "A number is a plus sign and digits." >&2; exit 64 ;; esac
url=${WATCHWORD_URL:-http://localhost:5080}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The value of a text in the last answer.
field() { echo "$(sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p' "$work/answer")"; }

# Calls the API with the client's token; the body comes by standard input, so that no secret is in the list of processes. Prints the status.
call() {
    printf 'header = "Authorization: Bearer %s"\n' "$token" >"$work/config"
    curl -sS -K "$work/config" -H 'Content-Type: application/json' -o "$work/answer" -w '%{http_code}' --data-binary @- "$url$1"
}

if [ -z "${CLIENT_ID:-}" ]; then
    curl -sSf -o "$work/answer" "$url/development/demo"
    CLIENT_ID=$(field client_id) CLIENT_SECRET=$(field client_secret)
fi

# 1. A token for the backend itself. It is good for an hour: a real one keeps it.
printf 'grant_type=client_credentials&client_id=%s&client_secret=%s' "$CLIENT_ID" "$CLIENT_SECRET" |
    curl -sSf -o "$work/answer" --data-binary @- "$url/oidc/token"
token=$(field access_token)

# 2. The user. 409 says that there is one already, which is fine.
status=$(printf '{"phone_number":"%s"}' "$number" | call /cis/v1/users)
case $status in 201 | 409) ;; *) cat "$work/answer" >&2; exit 1 ;; esac

# 3. The code. 429 says how long to wait before another.
status=$(printf '{"channel":"sms","identifier_type":"phone_number","identifier":"%s"}' "$number" | call /cis/v1/auth/otp/send)
[ "$status" = 200 ] || { field message >&2; exit 1; }

# 4. The tokens for the code. 400: wrong or too old. 403: locked for a while, after too many.
while :; do
    printf 'Code: '
    read -r code || exit 1
    case $code in *[!0-9]* | '') echo "Digits only."; continue ;; esac
    status=$(printf '{"passcode":"%s","identifier_type":"phone_number","identifier":"%s"}' "$code" "$number" | call /cis/v1/auth/otp/authenticate)
    [ "$status" != 200 ] || break
    field message
    [ "$status" = 400 ] || exit 1
done
access=$(field access_token) refresh=$(field refresh_token) session=$(field session_id)

# 5. Who it is, as an API sees it that gets the access token.
printf 'header = "Authorization: Bearer %s"\n' "$access" >"$work/config"
curl -sSf -K "$work/config" -o "$work/answer" "$url/cis/oidc/me"
echo "Logged in: $(field sub)"

# 6. Fresh tokens, an hour later. Each refresh token works once: keep the new one.
status=$(printf '{"refresh_token":"%s"}' "$refresh" | call /cis/v1/auth/token/refresh)
[ "$status" = 200 ] || { field message >&2; exit 1; }
echo "Refreshed."

# 7. Logged out: all tokens of the session are refused from now on.
status=$(printf '{"session_id":"%s"}' "$session" | call /cis/v1/auth/session/logout)
[ "$status" = 204 ] || { field message >&2; exit 1; }
echo "Logged out."
