using Watchword.Client.Management;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>What a client that manages the tenant does.</summary>
public sealed class ManagementTests(SharedServers servers)
{
    [Fact]
    public async Task Applications_and_clients_are_made_changed_and_deleted()
    {
        var tenant = await servers.TenantAsync(Engine.Sqlite);
        var management = tenant.Client().Management;
        var made = await management.Applications.CreateAsync(new("Acme", ["https://acme.example/callback"], new() { SendLimits = new(PerTenMinutes: 3) }));
        Assert.Equal(0, await Backend.Client(tenant.Server.Url, made.ClientId, made.ClientSecret).Users.CountAsync());
        var changed = await management.Applications.UpdateAsync(made.AppId, new(Settings: new() { SigningAlgorithm = SigningAlgorithm.RS256, ConcealUnknownUsers = true }));
        Assert.Equal(("Acme", SigningAlgorithm.RS256, true, 3), (changed!.AppName, changed.Settings.SigningAlgorithm, changed.Settings.ConcealUnknownUsers, changed.Settings.SendLimits!.PerTenMinutes));
        var until = tenant.Server.Clock.GetUtcNow().AddDays(7);
        var tested = await management.Applications.UpdateAsync(made.AppId, new(Settings: new() { TestNumbers = [new("+447400000009", "123456", until)] }));
        Assert.Equal(new TestNumber("+447400000009", "123456", until), Assert.Single(tested!.Settings.TestNumbers!));
        Assert.Equal(made.AppId, Assert.Single(await management.Applications.ListAsync()).AppId);

        var second = await management.Clients.CreateAsync(made.AppId, new("second", new() { AccessTokenLifetime = 600 }));
        Assert.Equal(2, (await management.Clients.ListAsync(made.AppId)).Count);
        Assert.Equal(600, (await management.Clients.GetAsync(made.AppId, second.ClientId))!.Settings.AccessTokenLifetime);
        Assert.Equal("2nd", (await management.Clients.UpdateAsync(made.AppId, second.ClientId, new("2nd")))!.Name);
        var rotated = await management.Clients.RotateSecretAsync(made.AppId, second.ClientId);
        Assert.Equal(2, rotated.LiveSecrets);
        Assert.NotEqual(second.ClientSecret, rotated.ClientSecret);
        Assert.True(await management.Clients.DeleteAsync(made.AppId, second.ClientId));
        Assert.Null(await management.Clients.GetAsync(made.AppId, second.ClientId));

        Assert.NotNull((await management.LoginPreferences.GetAsync(made.AppId))!.Sms);
        var strict = await management.LoginPreferences.ReplaceAsync(made.AppId, new(Sms: new(CodeLength: 8, MaxFailures: 2)));
        Assert.Equal((8, 2, 5, null), (strict!.Sms!.CodeLength, strict.Sms.MaxFailures, strict.Sms.ExpiresIn, strict.EmailOtp));
        Assert.True(await management.Applications.DeleteAsync(made.AppId));
        Assert.Null(await management.Applications.GetAsync(made.AppId));
        Assert.Empty(await management.Clients.ListAsync(made.AppId));
        Assert.Null(await management.LoginPreferences.GetAsync(made.AppId));
    }

    [Fact]
    public async Task Delivery_settings_are_read_changed_and_sent_back_without_their_secrets()
    {
        var delivery = (await servers.TenantAsync(Engine.Sqlite)).Client().Management.Delivery;
        var fields = (await delivery.GetKindsAsync()).Single(k => k.Provider == "Twilio").Fields;
        Assert.Contains(fields, f => f is { Name: "auth_token", Secret: true });
        var first = await delivery.ReplaceAsync(new()
        {
            Providers = [new() { Kind = "Twilio", ProviderId = "main", Fields = { ["account_sid"] = "AC" + new string('0', 32), ["auth_token"] = new string('a', 32), ["from_number"] = "+447400000000" } }],
            Routes = [new() { Name = "home", Match = ["GB"], Providers = [new("main", "Acme")] }],
            Prices = [new(39_000, Region: "GB")],
            Currency = "EUR",
        });
        Assert.Equal(["auth_token"], first.Providers[0].SecretsSet!);
        var read = await delivery.GetAsync();
        var back = await delivery.ReplaceAsync(read with { Providers = [.. read.Providers.Select(p => p with { MaxPerSecond = 10 })] });
        var provider = Assert.Single(back.Providers);
        Assert.Equal((10, true, "AC" + new string('0', 32)), (provider.MaxPerSecond, provider.Usable, (string?)provider.Fields["account_sid"]));
        Assert.Equal(["auth_token"], provider.SecretsSet!);
        Assert.Equal(("home", "Acme", 39_000, "EUR"), (back.Routes[0].Name, back.Routes[0].Providers[0].Sender, back.Prices[0].PriceMicros, back.Currency));
        var health = await delivery.GetHealthAsync();
        Assert.Equal(("main", ProviderCondition.Ok), (health.Now[0].ProviderId, health.Now[0].State));
        var unknown = await Assert.ThrowsAsync<WatchwordException>(() => delivery.SendTestAsync("+447400000001", "no-such"));
        Assert.Equal(ErrorCodes.NotFound, unknown.ErrorCode);
    }

    [Fact]
    public async Task Messages_are_listed_newest_first_over_all_pages()
    {
        var tenant = await servers.TenantAsync(Engine.Sqlite);
        var app = await tenant.ApplicationAsync(settings: new { send_limits = new { cooldown_seconds = 0, per_10_minutes = 0, per_hour = 0, per_day = 0 } });
        var (watchword, messages) = (app.Client(), tenant.Client().Management.Messages);
        var phone = Backend.NewPhone();
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = phone });
        await Task.WhenAll(Enumerable.Range(0, 510).Select(_ => watchword.Otp.SendAsync(Identifier.UserId(user.UserId))));

        var ids = new List<string>();
        await foreach (var message in messages.ListAsync(new() { UserId = user.UserId, Region = "GB", Since = tenant.Server.Clock.GetUtcNow().AddMinutes(-1) }))
            ids.Add(message.MessageId);
        Assert.Equal(510, ids.Distinct().Count());
        var one = await messages.GetAsync(ids[0]);
        Assert.Equal((app.AppId, "sms"), (one!.AppId, one.Channel));
        Assert.NotEqual(MessageStatus.Unknown, one.Status);
        Assert.Null(await messages.GetAsync("no-such"));
        await foreach (var none in messages.ListAsync(new() { AppId = app.AppId, Status = MessageStatus.Suppressed }))
            Assert.Fail($"{none}");
    }

    [Fact]
    public async Task Signing_keys_are_shown_and_not_turned_too_early()
    {
        await using var server = await TestServer.StartAsync();
        var watchword = Backend.Client(server.Url, TestServer.ManagementClientId, TestServer.ManagementClientSecret, time: server.Clock);
        var before = await watchword.Management.SigningKeys.ListAsync();
        Assert.Equal(before.Select(k => k.Kid).Order(), (await watchword.Discovery.GetKeysAsync()).Select(k => k.Kid).Order());
        Assert.Equal(ErrorCodes.KeysTooFresh, (await Assert.ThrowsAsync<WatchwordException>(() => watchword.Management.SigningKeys.RotateAsync())).ErrorCode);
        server.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.NotEqual(before.Select(k => k.Kid), (await watchword.Management.SigningKeys.RotateAsync()).Select(k => k.Kid));

        var metadata = await watchword.Discovery.GetAsync();
        Assert.Equal(Backend.Issuer, metadata.Issuer);
        Assert.Contains("client_secret_basic", metadata.TokenEndpointAuthMethodsSupported);
        Assert.True(await watchword.Discovery.IsReadyAsync());
    }
}
