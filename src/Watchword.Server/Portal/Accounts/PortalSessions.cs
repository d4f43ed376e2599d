using System.Net;
using System.Net.Sockets;
using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>Who is signed in to the portal: begins, finds and ends sign-ins.</summary>
internal sealed class PortalSessions(Database database, PortalOptions options, TimeProvider time)
{
    /// <summary>However busy somebody is, after this they sign in again (OWASP ASVS 7.3.2).</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    private const int LongestUserAgent = 300;
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long after it a sign-in is good for what makes an account, or everybody's keys, somebody's own.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Signs somebody in, by a way in that is used up with it; null when it was used already or is of another epoch. Their failures are forgotten,
    /// and the sign-in that this browser had before is over.
    /// </summary>
    public async Task<AdministratorSession?> BeginAsync(
        Administrator who, PendingSignIn pending, string factor, IPAddress? from, string userAgent, string device, (string Tenant, string Session)? before)
    {
        var now = time.GetUtcNow();
        var session = new AdministratorSession
        {
            TenantId = who.TenantId,
            AdministratorId = who.AdministratorId,
            SessionId = Ids.New(now),
            StartedAt = now.Ms(),
            SeenAt = now.Ms(),
            Address = AddressText(from),
            UserAgent = userAgent.Length > LongestUserAgent ? userAgent[..LongestUserAgent] : userAgent,
            Name = who.Name,
            Email = who.Email,
            Role = who.Role.ToString(),
        };
        return await database.WriteAsync(async db =>
        {
            if (!await OneTime.SignInStep.ConsumeAsync(db, new { tenant = pending.TenantId, id = pending.Id, expires = (now + PortalIdentity.PendingLife).Ms() })
                || !await new AdministratorStore(db).MarkSignedInAsync(pending.TenantId, pending.AdministratorId, pending.Epoch, now))
                return null;
            await new DeviceStore(db).PutAsync(who, device, now);
            var store = new AdministratorSessionStore(db);
            if (before is { } old)
                await store.EndAsync(old.Tenant, old.Session);
            await store.AddAsync(session);
            await new EventStore(db).AddAsync(
                AuthorOf(session), AuditAction.AdministratorSignedIn, now, target: who.AdministratorId, detail: StoredJson.Write(new { factor }));
            return session;
        });
    }

    /// <summary>Whether they signed in a moment ago: whoever finds an open browser must not be able to make more of it their own (OWASP ASVS 7.5.1).</summary>
    public bool IsFresh(AdministratorSession session) => time.GetUtcNow() < session.StartedAt.At() + FreshFor;

    /// <summary>The sign-in, if it is still one; null once it was ended, lay idle too long or is too old.</summary>
    /// <param name="tenant">Its tenant.</param>
    /// <param name="sessionId">Its id.</param>
    /// <param name="isActivity">Whether somebody is there; false for a page that refreshes itself.</param>
    public async Task<AdministratorSession?> FindAsync(string tenant, string sessionId, bool isActivity)
    {
        var session = await database.ReadAsync(db => new AdministratorSessionStore(db).FindAsync(tenant, sessionId));
        var now = time.GetUtcNow();
        if (session is null || now >= session.SeenAt.At().AddMinutes(options.IdleMinutes) || now >= session.StartedAt.At() + Longest)
            return null;
        if (isActivity && now >= session.SeenAt.At() + TouchInterval)
            await database.WriteAsync(db => new AdministratorSessionStore(db).TouchAsync(tenant, sessionId, now));
        return session;
    }

    public Task EndAsync(AdministratorSession session) => database.WriteAsync(async db =>
    {
        if (await new AdministratorSessionStore(db).EndAsync(session.TenantId, session.SessionId))
            await new EventStore(db).AddAsync(AuthorOf(session), AuditAction.AdministratorSignedOut, time.GetUtcNow(), target: session.AdministratorId);
    });

    /// <summary>Who answers for what is done in a sign-in.</summary>
    public static Author AuthorOf(AdministratorSession session) => Author.Administrator(session.TenantId, session.AdministratorId, session.Address);

    /// <summary>Whose tries are limited together: an IPv4 address, or an IPv6 network of 64 bits, of which whoever has one has all addresses.</summary>
    public static string NetworkText(IPAddress? address)
    {
        if (address is null or { AddressFamily: AddressFamily.InterNetwork } or { IsIPv4MappedToIPv6: true })
            return AddressText(address) ?? "";
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }

    /// <summary>One spelling for an address: on a socket for both versions, an IPv4 address comes as IPv6.</summary>
    public static string? AddressText(IPAddress? address) => (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
}
