using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Administration;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Portal;

/// <summary>A server, and what tests at its door ask of it.</summary>
public abstract class DoorTest(SharedServer shared)
{
    protected const string Wrong = "That did not work";

    protected TestServer Server => shared.Server;

    /// <summary>A request from somebody's browser.</summary>
    private protected DefaultHttpContext From(Visitor of)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = of.Cookies.GetCookieHeader(new Uri(Server.Url + "/admin/"));
        return http;
    }

    /// <summary>Another browser with the same cookies.</summary>
    private protected Visitor Copy(Visitor of)
    {
        var copy = new Visitor(Server);
        copy.Take(of);
        copy.Cookies.Add(of.Cookies.GetAllCookies());
        return copy;
    }

    private protected Administrators Administrators => Server.Services.GetRequiredService<Administrators>();

    private protected async Task<Administrator> WhoAsync(string email) => (await Server.Database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(email)))!;

    private protected async Task<SignInVerdict> TryAsync(Func<SignIn, Task<SignInVerdict>> attempt)
    {
        await using var scope = Server.Services.CreateAsyncScope();
        try
        {
            return await Task.Run(() => attempt(scope.ServiceProvider.GetRequiredService<SignIn>()));
        }
        catch (BenchFullException)
        {
            return SignInVerdict.Refused;
        }
    }

    /// <summary>What the log has of an administrator.</summary>
    private protected async Task<IReadOnlyList<LoggedEvent>> EntriesAsync(string email)
    {
        await Server.RelayAsync();
        var who = await WhoAsync(email);
        var page = await Server.Database.ReadAsync(db => new AuditLogStore(db).ReadAsync(who.TenantId, new AuditLogQuery(), 500));
        return [.. page.Entries.Where(e => e.Target == who.AdministratorId)];
    }
}
