using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Watchword.Server.Delivery;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

/// <summary>The moves of an attacker, and those of the people who try to stop one.</summary>
internal static class Attack
{
    public const string Alice = "+447400000001";
    public const string Bob = "+447400000002";

    /// <summary>Every limit on sending switched off.</summary>
    public static readonly object NoSendLimits = new { send_limits = new { cooldown_seconds = 0, per_10_minutes = 0, per_hour = 0, per_day = 0 } };

    /// <summary>Makes n calls that all start together.</summary>
    public static async Task<HttpResponseMessage[]> AtOnceAsync(int n, Func<int, Task<HttpResponseMessage>> call) =>
        await Task.WhenAll(Enumerable.Range(0, n).Select(i => Task.Run(() => call(i))));

    /// <summary>How many answers have this status.</summary>
    public static int Of(this IEnumerable<HttpResponseMessage> answers, int status) => answers.Count(a => (int)a.StatusCode == status);

    public static Task<HttpResponseMessage> PostAsync(this TestApplication app, string path, object body) => app.Http.PostAsJsonAsync(path, body);

    /// <summary>A request to send, by its fields.</summary>
    public static Task<HttpResponseMessage> SendAsync(this TestApplication app, object body) => app.PostAsync("/cis/v1/auth/otp/send", body);

    /// <summary>Sends a message that must go out, and waits for it.</summary>
    public static async Task<MessageContent> MessageAsync(this TestApplication app, object body)
    {
        var before = app.Server.Sender.Messages.Count;
        await (await app.SendAsync(body)).JsonAsync(200);
        return await app.Server.Sender.WaitAsync(before + 1);
    }

    /// <summary>A guess, by its fields.</summary>
    public static Task<HttpResponseMessage> AuthenticateAsync(this TestApplication app, object body) => app.PostAsync("/cis/v1/auth/otp/authenticate", body);

    /// <summary>Wrong guesses until the user is locked out. The policy's default allows three.</summary>
    public static async Task LockOutAsync(this TestApplication app, string phone = Alice, int maxFailures = 3)
    {
        for (var i = 0; i < maxFailures; i++)
            Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync("no code", phone)).ErrorAsync(400));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync("no code", phone)).ErrorAsync(403));
    }

    public static Task<HttpResponseMessage> RefreshAsync(this TestApplication app, string token, int? maxAge = null, string? acr = null) =>
        app.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = token, max_age = maxAge, acr_values = acr });

    public static Task<HttpResponseMessage> ResumeAsync(this TestApplication app, string session, int? maxAge = null, string? acr = null) =>
        app.PostAsync("/cis/v1/auth/session/authenticate", new { session_id = session, max_age = maxAge, acr_values = acr });

    /// <summary>A form with the client's credentials in it.</summary>
    public static Task<HttpResponseMessage> FormAsync(this TestApplication app, string path, params (string Name, string Value)[] fields) =>
        app.Server.Http.PostAsync(path, new FormUrlEncodedContent(
            fields.Append(("client_id", app.ClientId)).Append(("client_secret", app.ClientSecret)).Select(f => KeyValuePair.Create(f.Item1, f.Item2))));

    public static Task<HttpResponseMessage> RefreshByFormAsync(this TestApplication app, string token, string path) =>
        app.FormAsync(path, ("grant_type", "refresh_token"), ("refresh_token", token));

    public static Task<HttpResponseMessage> RefreshByFormAsync(this TestApplication app, string token, params (string Name, string Value)[] more) =>
        app.FormAsync("/oidc/token", [("grant_type", "refresh_token"), ("refresh_token", token), .. more]);

    /// <summary>The whole answer of introspection, as text.</summary>
    public static async Task<string> IntrospectAsync(this TestApplication app, string token)
    {
        var answer = await app.FormAsync("/oidc/token/introspection", ("token", token));
        await answer.JsonAsync(200);
        return await answer.Content.ReadAsStringAsync();
    }

    public static async Task<bool> IsActiveAsync(this TestApplication app, string token) =>
        JsonElement.Parse(await app.IntrospectAsync(token)).GetProperty("active").GetBoolean();

    /// <summary>Changes a user as an administrator.</summary>
    public static async Task ChangeUserAsync(this TestApplication app, string user, object change) =>
        await (await app.Management.PutAsJsonAsync($"/cis/v1/users/{user}", change)).JsonAsync(200);

    public static async Task<JsonElement> ReadUserAsync(this TestApplication app, string user) =>
        (await (await app.Http.GetAsync($"/cis/v1/users/{user}")).JsonAsync(200)).GetProperty("result");

    public static async Task ChangeSettingsAsync(this TestApplication app, object settings) =>
        await (await app.Management.PutAsJsonAsync($"/cis/v1/applications/{app.AppId}", new { settings })).JsonAsync(200);

    public static async Task ChangeMethodsAsync(this TestApplication app, object methods) =>
        await (await app.Management.PutAsJsonAsync($"/cis/loginPreferences/{app.AppId}/authMethods", methods)).JsonAsync(200);

    public static async Task ChangeClientAsync(this TestApplication app, object settings) =>
        await (await app.Management.PutAsJsonAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}", new { settings })).JsonAsync(200);

    /// <summary>A second backend of the same application.</summary>
    public static async Task<TestApplication> AnotherClientAsync(this TestApplication app)
    {
        var made = (await (await app.Management.PostAsJsonAsync($"/cis/v1/applications/{app.AppId}/clients", new { name = "Second" })).JsonAsync(201)).GetProperty("result");
        var (id, secret) = (made.Text("client_id"), made.Text("client_secret"));
        return app with { ClientId = id, ClientSecret = secret, Http = await app.Server.ClientAsync(id, secret) };
    }

    /// <summary>Writes to the database behind the server's back.</summary>
    public static Task<int> TamperAsync(this TestServer server, string sql, object? parameters = null) =>
        server.Database.WriteAsync(db => db.ExecuteAsync(sql, parameters));

    public static Task<T?> PeekAsync<T>(this TestServer server, string sql, object? parameters = null) =>
        server.Database.ReadAsync(db => db.FirstAsync<T>(sql, parameters));

    /// <summary>Comes back as soon as something is so, and fails the test when it does not come to be.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await isSo())
        {
            Assert.False(patience.IsCancellationRequested, "It did not come to be within 20 s.");
            await Task.Yield();
        }
    }

    /// <summary>The code in the default text.</summary>
    public static string CodeIn(string text) => text.Split(' ')[6];

    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;

    /// <summary>The claims of a token.</summary>
    public static JsonElement ClaimsOf(string jwt) => JsonElement.Parse(Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(jwt.Split('.')[1])));
}
