using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Watchword.Client.AspNetCore;
using Watchword.Client.Otp;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>No number, code, token or secret gets into logs or texts by way of this library.</summary>
public sealed class SecrecyTests(SharedServers servers)
{
    [Fact]
    public async Task A_whole_login_logged_at_every_level_shows_no_secret()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        var logs = new LogRecorder();
        var services = new ServiceCollection().AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
        services.AddWatchword(o => (o.ServerUrl, o.ClientId, o.ClientSecret) = (new Uri(app.Server.Url), app.ClientId, app.ClientSecret));
        await using var provider = services.BuildServiceProvider();
        var watchword = provider.GetRequiredService<WatchwordClient>();
        var phone = Backend.NewPhone();

        var user = await watchword.Users.GetOrCreateAsync(new NewUser { PhoneNumber = phone, Email = "secret.person@example.com", Username = "mallory" });
        await watchword.Users.GetByPhoneNumberAsync(phone);
        await watchword.Users.GetByEmailAsync("secret.person@example.com");
        await watchword.Users.GetPageAsync(new UserQuery { Filter = UserQuery.FilterOf($"phone_number eq {phone}") });
        var sent = await watchword.Otp.SendAsync(new SendRequest { User = Identifier.PhoneNumber(phone), Channel = OtpChannel.Direct, GenerateRequestId = true });
        var login = await watchword.Otp.AuthenticateAsync(new AuthenticateRequest { User = Identifier.PhoneNumber(phone), Passcode = sent.Code!, RequestId = sent.RequestId });
        var fresh = await watchword.Sessions.RefreshAsync(login.Tokens!.RefreshToken);
        await watchword.Tokens.IntrospectAsync(fresh.Tokens!.AccessToken);
        await watchword.Tokens.GetUserInfoAsync(fresh.Tokens.AccessToken);
        var failure = await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.UpdateAsync(user.UserId, new UserUpdate { PhoneNumber = "12" }));
        await watchword.Sessions.LogoutAsync(login.Tokens.SessionId!);

        Assert.Contains(logs.Lines, line => line.Contains("/cis/v1/users/phone-number/{phone}", StringComparison.Ordinal));
        object[] texts = [user, user.PhoneNumber!, user.Email!, sent, login, login.Tokens, fresh, fresh.Tokens, failure, Identifier.PhoneNumber(phone)];
        var everything = string.Join('\n', logs.Lines.Concat(texts.Select(t => t.ToString())));
        foreach (var secret in new[]
        {
            phone, phone[3..], "secret.person", "mallory", app.ClientSecret, await watchword.Tokens.GetClientTokenAsync(), sent.Code!, sent.RequestId!, login.Tokens.AccessToken,
            login.Tokens.IdToken, login.Tokens.RefreshToken, login.Tokens.SessionId!, fresh.Tokens.AccessToken, fresh.Tokens.RefreshToken,
        })
            Assert.DoesNotContain(secret, everything, StringComparison.Ordinal);
    }

    public static TheoryData<Type> SecretTypes => [.. typeof(WatchwordClient).Assembly.GetTypes().Concat(typeof(IdTokenValidator).Assembly.GetTypes())
        .Where(t => t is { IsAbstract: false, IsGenericType: false } && t.Namespace?.StartsWith("Watchword.Client", StringComparison.Ordinal) == true)
        // The names of sessions that these two hold are public and open nothing.
        .Where(t => t != typeof(Watchword.Client.Sessions.Session) && t != typeof(Watchword.Client.Tokens.Introspection))
        .Where(t => t.GetProperties().Any(IsSecret))];

    /// <summary>By the names of members, so that a record that is added later is caught too.</summary>
    [Theory]
    [MemberData(nameof(SecretTypes), DisableDiscoveryEnumeration = true)]
    public void What_holds_a_secret_does_not_print_it(Type type)
    {
        const string Secret = "k3ep-me-hidden";
        var value = System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
        foreach (var property in type.GetProperties().Where(IsSecret))
        {
            for (var at = type; at is not null; at = at.BaseType)
                at.GetField($"<{property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)?.SetValue(value, Secret);
        }
        Assert.DoesNotContain(Secret, type == typeof(UserUpdate) ? new UserUpdate { PhoneNumber = Secret, Email = Secret }.ToString() : value.ToString(), StringComparison.Ordinal);
    }

    private static bool IsSecret(PropertyInfo property) => property.PropertyType == typeof(string) && property.Name is
        "ClientSecret" or "Passcode" or "Code" or "AccessToken" or "IdToken" or "RefreshToken" or "RequestId" or "SessionId" or "PhoneNumber" or "CustomPhoneNumber"
        or "Email" or "CustomEmail" or "Username" or "CustomMessage" or "Identifier" or "To" or "Filter" or "Prefix" or "Value" or "UserToken";
}
