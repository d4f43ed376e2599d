namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>Programs to paste that log a user in. Tests run each of them as it stands here.</summary>
internal static class LoginSnippets
{
    /// <summary>A number that belongs to nobody, to be replaced.</summary>
    public const string Phone = "+447700900123";

    /// <summary>For a POSIX shell with curl and sed.</summary>
    public static string Curl(string server, Credentials client) =>
        $$"""
        PHONE={{Phone}}   # your own

        # A token for your backend. It is good for an hour.
        TOKEN=$(curl -s {{server}}/oidc/token \
          -d grant_type=client_credentials \
          -d client_id={{client.ClientId}} \
          -d client_secret={{client.ClientSecret}} |
          sed -E 's/.*"access_token":"([^"]+)".*/\1/')

        # A user. The error 409 means that you have this one already, which is fine.
        curl -s -w '\n' {{server}}/cis/v1/users \
          -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
          -d "{\"phone_number\":\"$PHONE\"}"

        # A code, by SMS.
        curl -s -w '\n' {{server}}/cis/v1/auth/otp/send \
          -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
          -d "{\"channel\":\"sms\",\"identifier_type\":\"phone_number\",\"identifier\":\"$PHONE\"}"

        # The code for tokens. They are secrets of your backend.
        printf 'The code in the message: ' && read -r CODE &&
        curl -s -w '\n' {{server}}/cis/v1/auth/otp/authenticate \
          -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
          -d "{\"passcode\":\"$CODE\",\"identifier_type\":\"phone_number\",\"identifier\":\"$PHONE\"}"
        """;

    /// <summary>For a console program on Watchword.Client.</summary>
    public static string CSharp(string server, Credentials client) =>
        $$"""
        // dotnet new console && dotnet add reference path/to/watchword/src/Watchword.Client
        using Watchword.Client;
        using Watchword.Client.Otp;
        using Watchword.Client.Users;

        var phone = Identifier.PhoneNumber("{{Phone}}"); // your own
        using var http = new HttpClient();
        var watchword = new WatchwordClient(http, new WatchwordOptions
        {
            ServerUrl = new Uri("{{server}}"),
            ClientId = "{{client.ClientId}}",
            ClientSecret = "{{client.ClientSecret}}", // in earnest, from a secret store
        });

        await watchword.Users.GetOrCreateAsync(new NewUser { PhoneNumber = phone.Value });
        var sent = await watchword.Otp.SendAsync(phone);
        Console.Write(sent.Outcome == SendOutcome.Sent ? "The code in the message: " : $"No code was sent: {sent.Outcome}. ");
        var login = await watchword.Otp.AuthenticateAsync(phone, Console.ReadLine() ?? "");
        Console.WriteLine(login.Accepted ? $"Logged in for {login.Tokens.ExpiresIn} s." : $"Not logged in: {login.Outcome}.");
        """;

    /// <summary>For Node.js, without packages.</summary>
    public static string Node(string server, Credentials client) =>
        $$"""
        // Save as login.mjs and run it by: node login.mjs
        import { createInterface } from 'node:readline/promises'

        const server = '{{server}}'
        const user = { identifier_type: 'phone_number', identifier: '{{Phone}}' } // your own

        let token
        token = (await post('/oidc/token', new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: '{{client.ClientId}}',
          client_secret: '{{client.ClientSecret}}' // in earnest, from a secret store
        }))).access_token

        await post('/cis/v1/users', { phone_number: user.identifier }, 409) // 409: you have this user already
        await post('/cis/v1/auth/otp/send', { channel: 'sms', ...user })

        const terminal = createInterface({ input: process.stdin, output: process.stdout })
        const passcode = await terminal.question('The code in the message: ')
        terminal.close()
        const login = await post('/cis/v1/auth/otp/authenticate', { passcode, ...user })
        console.log(`Logged in for ${login.expires_in} s. You have got: ${Object.keys(login).join(', ')}`)

        async function post(path, body, fine) {
          const isForm = body instanceof URLSearchParams
          const headers = isForm ? {} : { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
          const response = await fetch(server + path, { method: 'POST', headers, body: isForm ? body : JSON.stringify(body) })
          if (!response.ok && response.status !== fine) throw new Error(`${path}: ${response.status} ${await response.text()}`)
          return response.json()
        }
        """;
}
