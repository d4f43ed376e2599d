using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;
using Watchword.Client.Management;
using Watchword.Client.Otp;
using Watchword.Client.Sessions;
using Watchword.Client.Users;
using Watchword.Server.Tests.Delivery.Providers;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>What a tenant sees of what happens in it: the audit log, webhooks, what is kept; and the demands on a login.</summary>
public sealed class OversightTests(SharedServers servers)
{
    [Fact]
    public async Task The_audit_log_is_read_over_all_pages_and_checked()
    {
        var tenant = await servers.TenantAsync(Engine.Sqlite);
        var app = await tenant.ApplicationAsync();
        var (watchword, management) = (app.Client(), tenant.Client().Management);
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = Backend.NewPhone() });
        var who = Identifier.UserId(user.UserId);
        var code = (await watchword.Otp.SendAsync(who, OtpChannel.Direct)).Code!;
        await watchword.Otp.AuthenticateAsync(who, TestApplication.WrongCode(code));
        await watchword.Otp.AuthenticateAsync(who, code);

        var entries = new List<AuditEntry>();
        await foreach (var entry in management.Audit.ListAsync(new() { UserId = user.UserId }))
            entries.Add(entry);
        Assert.Equal(["user.logged_in", "otp.failed", "user.created"], entries.Select(e => e.Action));
        Assert.Equal(("client:" + app.ClientId, app.AppId, ErrorCodes.InvalidCredentials), (entries[1].Actor, entries[1].AppId, entries[1].Outcome));
        Assert.NotNull(entries[1].Origin!.Address);
        Assert.Equal("direct", (string?)entries[0].Detail!["method"]);
        Assert.Equal(entries[1].Action, (await management.Audit.GetAsync(entries[1].Sequence))!.Action);
        Assert.Null(await management.Audit.GetAsync(long.MaxValue));

        var report = await management.Audit.VerifyAsync();
        Assert.True(report.Intact);
        Assert.True((await management.Audit.VerifyAsync(report.Head)).Intact);
        var foreign = await management.Audit.VerifyAsync(report.Head!.Split(':')[0] + ":" + new string('0', 64));
        Assert.Equal("noted_head_gone", Assert.Single(foreign.Faults).Kind);
    }

    [Fact]
    public async Task A_webhook_is_made_tried_out_and_looked_after()
    {
        await using var gateway = new LoopbackGateway();
        var status = 204;
        gateway.Answer = asked => asked.Method == "GET"
            ? new Reply(200, JsonSerializer.Serialize(new { key = asked.Headers["X-Verification-Key"] }))
            : new Reply(status, "");
        var webhooks = (await servers.TenantAsync(Engine.Sqlite)).Client().Management.Webhooks;
        var made = await webhooks.CreateAsync(new() { Uri = gateway.Url + "/hook", ApiKey = "key-of-the-hook", Events = ["user.locked"] });
        Assert.StartsWith("whsec_", made.SigningSecret, StringComparison.Ordinal);
        Assert.DoesNotContain(made.SigningSecret, $"{made}", StringComparison.Ordinal);
        Assert.Equal(made.WebhookId, Assert.Single(await webhooks.ListAsync()).WebhookId);
        Assert.Equal(["user.created", "user.locked"], (await webhooks.UpdateAsync(made.WebhookId, new() { Events = ["user.locked", "user.created"] }))!.Events);
        Assert.NotEqual(made.SigningSecret, (await webhooks.RotateSecretAsync(made.WebhookId)).SigningSecret);
        Assert.Equal((true, 204), ((await webhooks.TestAsync(made.WebhookId))!.Delivered, (await webhooks.TestAsync(made.WebhookId))!.HttpStatus));
        status = 500;
        Assert.False((await webhooks.TestAsync(made.WebhookId))!.Delivered);
        await foreach (var delivery in webhooks.DeliveriesAsync(made.WebhookId, "failed"))
            Assert.Fail($"{delivery}");
        Assert.Null(await webhooks.RetryAsync(made.WebhookId, new string('0', 32)));
        Assert.True(await webhooks.DeleteAsync(made.WebhookId));
        Assert.Null(await webhooks.GetAsync(made.WebhookId));
        Assert.Null(await webhooks.TestAsync(made.WebhookId));
    }

    [Fact]
    public async Task What_is_kept_is_set_and_a_users_part_of_it_is_handed_out()
    {
        var tenant = await servers.TenantAsync(Engine.Sqlite);
        var (watchword, management) = ((await tenant.ApplicationAsync()).Client(), tenant.Client());
        Assert.Equal(100, (await management.Management.Retention.UpdateAsync(new() { MessageDays = 100 })).MessageDays);
        var kept = await management.Management.Retention.GetAsync();
        Assert.Equal((100, true), (kept.MessageDays, kept.AuditDays >= 30));

        var phone = Backend.NewPhone();
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = phone });
        Assert.Equal(phone, (string?)(await management.Users.ExportAsync(user.UserId))!["user"]!["phone_number"]!["value"]);
        Assert.Null(await management.Users.ExportAsync("no-such"));
    }

    [Fact]
    public async Task A_demand_on_the_login_is_an_outcome_and_spends_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var app = await server.ApplicationAsync();
        var watchword = app.Client(time: server.Clock);
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = "+447400000001" });
        var who = Identifier.UserId(user.UserId);
        var tokens = (await watchword.Otp.AuthenticateAsync(who, (await watchword.Otp.SendAsync(who, OtpChannel.Direct)).Code!)).Tokens!;
        server.Clock.Advance(TimeSpan.FromMinutes(10));

        var old = await watchword.Sessions.RefreshAsync(tokens.RefreshToken, new() { MaxAge = TimeSpan.FromMinutes(9) });
        Assert.Equal(SessionOutcome.FreshLoginRequired, old.Outcome);
        Assert.Equal(SessionOutcome.SecondMethodRequired, (await watchword.Sessions.AuthenticateAsync(tokens.SessionId!, new() { TwoMethods = true })).Outcome);
        Assert.True((await watchword.Sessions.AuthenticateAsync(tokens.SessionId!, new() { MaxAge = TimeSpan.FromMinutes(10) })).Accepted);
        Assert.True((await watchword.Sessions.RefreshAsync(tokens.RefreshToken)).Accepted);
    }

    [Theory]
    [InlineData("EC")]
    [InlineData("RSA")]
    public async Task A_client_that_signs_needs_no_secret(string kind)
    {
        // Assertions are signed by the real clock here, so the server has it too.
        await using var server = await Watchword.Server.Tests.Interop.Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var jwk = kind == "EC"
            ? JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new(ECDsa.Create(ec.ExportParameters(includePrivateParameters: false))))
            : JsonWebKeyConverter.ConvertFromRSASecurityKey(new(rsa.ExportParameters(includePrivateParameters: false)));
        var key = new JsonObject { ["kty"] = jwk.Kty, ["kid"] = "mine" };
        foreach (var (name, value) in new[] { ("crv", jwk.Crv), ("x", jwk.X), ("y", jwk.Y), ("n", jwk.N), ("e", jwk.E) }.Where(p => p.Item2 is not null))
            key[name] = value;
        var management = Backend.Client(server.Url, TestServer.ManagementClientId, TestServer.ManagementClientSecret, more: o => o.Issuer = null);
        var changed = await management.Management.Clients.UpdateAsync(app.AppId, app.ClientId, new(Settings: new() { TokenEndpointAuthMethod = "private_key_jwt", Jwks = new() { ["keys"] = new JsonArray(key) } }));
        Assert.Equal("private_key_jwt", changed!.Settings.TokenEndpointAuthMethod);

        var signing = new WatchwordOptions
        {
            ServerUrl = new Uri(server.Url),
            Credential = kind == "EC" ? ClientCredential.FromPrivateKey(app.ClientId, ec, "mine") : ClientCredential.FromPrivateKey(app.ClientId, rsa, "mine"),
        };
        Assert.Equal(0, await new WatchwordClient(new HttpClient(), signing).Users.CountAsync());
        var refused = await Assert.ThrowsAsync<WatchwordException>(() => Backend.Client(server.Url, app.ClientId, app.ClientSecret, more: o => o.Issuer = null).Users.CountAsync());
        Assert.Equal(ErrorCodes.InvalidClient, refused.ErrorCode);
    }
}
