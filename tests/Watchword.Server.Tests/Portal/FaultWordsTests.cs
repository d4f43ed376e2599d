using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Apps;
using Watchword.Core.Audit;
using Watchword.Core.Limits;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Portal.Pages.Applications;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Portal;

/// <summary>Administrators are told of faults in the words of the fields before them.</summary>
public sealed partial class FaultWordsTests
{
    [Theory]
    [InlineData("app_name is required: 1 to 100 characters without control characters.", "The name is required: 1 to 100 characters without control characters.")]
    [InlineData("redirect_uris is required: one or more addresses that your users may be sent back to.", "Write one or more redirect addresses that your users may be sent back to.")]
    [InlineData("redirect_uris may hold at most 50 addresses.", "The list of redirect addresses may hold at most 50 addresses.")]
    [InlineData("redirect_uris[0] must use https.", "Redirect address 1 must use https.")]
    [InlineData("settings.test_numbers[1].code must be 4 to 8 digits.", "Test number 2: the code must be 4 to 8 digits.")]
    [InlineData("settings.texts.pt-br must contain {otp}, the place for the code.", "The text for Portuguese (pt-br) must contain {otp}, the place for the code.")]
    [InlineData("settings.texts.default must contain {otp}.", "The text for other languages must contain {otp}.")]
    [InlineData("settings.session_idle_lifetime must be 60 to 31536000 seconds, or 0 for none.", "The idle time of a session must be 1 minute to 365 days, or empty for none.")]
    [InlineData("settings.jwks.keys[2] must have the kty EC or RSA.", "Key 3 must have the kty EC or RSA.")]
    [InlineData("settings.jwks must hold a key when settings.token_endpoint_auth_method is private_key_jwt.", "The key set must hold a key when the client proves itself by signatures alone.")]
    [InlineData("direct_otp.maxFailures must be 1 to 20.", "Direct: wrong codes before a lock must be 1 to 20.")]
    public void A_fault_is_told_in_plain_words(string fault, string words) => Assert.Equal(words, FaultWords.Plain(fault));

    [Fact]
    public async Task No_fault_that_there_can_be_names_a_field_of_the_API()
    {
        await using var server = await TestServer.StartAsync();
        var administration = server.Services.GetRequiredService<ApplicationAdministration>();
        var tenant = await server.Database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
        var by = Author.Console(tenant!);
        var settings = new ApplicationSettings
        {
            SendLimits = new SendLimits(-1, -1, -1, -1),
            Resources = ["nowhere"],
            Texts = new Dictionary<string, string> { ["default"] = "", ["de"] = "\u0001", ["No Tag"] = "", ["en"] = "{app} {otp} @host.example #1" },
            AutofillDomain = "https://x",
        };
        TestNumberEntry[] numbers = [new(null, null, null), new("+447700900123", "1234", "2027-01-01"), new("+447700900123", "1234", "2027-01-01")];
        var created = await administration.CreateAsync(by, "", [], settings, numbers);
        var more = await administration.CreateAsync(by, "\u200B", [.. Enumerable.Repeat("x", 51)], new ApplicationSettings { Resources = [.. Enumerable.Repeat("x:y", 51)], Texts = Enumerable.Range(0, 51).ToDictionary(n => "a" + (char)('a' + n / 26) + (char)('a' + n % 26), _ => "") }, [.. Enumerable.Repeat(numbers[1], 21)]);
        var good = (await administration.CreateAsync(by, "Acme", ["https://acme.example/"], null)).Value.Application;
        var policy = new OtpPolicy(0, 0, 0, 0);
        var changed = await administration.ChangeAsync(by, good.AppId, app => app with { LoginPreferences = new(policy, policy, policy), RedirectUris = ["http://acme.example/#*"] });
        var client = await administration.AddClientAsync(by, good.AppId, "", new ClientSettings
        {
            AccessTokenLifetime = 0, IdTokenLifetime = 0, RefreshTokenLifetime = 0, SessionLifetime = 0, SessionIdleLifetime = 1,
            AuthenticationMethod = ClientAuthenticationMethod.PrivateKeyJwt,
        });
        var keys = await administration.AddClientAsync(by, good.AppId, "x", new ClientSettings { Keys = [.. Enumerable.Repeat(new ClientKey { Kid = "k" }, 11)] });
        var rotated = await administration.RotateSecretAsync(by, good.AppId, "x", TimeSpan.FromDays(31));

        var faults = new[] { created.Faults, more.Faults, changed!.Value.Faults, client!.Value.Faults, keys!.Value.Faults, rotated!.Value.Faults }.SelectMany(f => f).ToList();
        Assert.True(faults.Distinct().Count() > 40, $"Only {faults.Distinct().Count()} faults were seen.");
        Assert.All(FaultWords.Plain(faults), words => Assert.False(Wire().IsMatch(words), words));
    }

    // What stands in quotes or is an example is not the name of a field.
    [GeneratedRegex(@"[a-z]_[a-z]|[a-z][A-Z]|settings\.|\[[0-9]")]
    private static partial Regex Wire();
}
