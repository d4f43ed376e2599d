using SQLitePCL;
using Watchword.Core;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Administration;

/// <summary>What the lists of users cost those who log in.</summary>
public sealed class UserIndexTests
{
    private const int PagesWritten = 9; // SQLITE_DBSTATUS_CACHE_WRITE
    private const int People = 20;

    [Fact]
    public async Task Indexes_for_lists_of_users_cost_a_login_no_page()
    {
        await using var server = await TestServer.StartAsync();
        var now = server.Clock.GetUtcNow();
        List<User> people = [.. Enumerable.Range(0, People).Select(i => new User { TenantId = "t", UserId = Ids.New(now), PhoneNumber = $"+44740000{i:d4}", CreatedAt = now, UpdatedAt = now })];
        foreach (var user in people)
            await server.Database.WriteAsync(db => new UserStore(db).AddAsync(user));
        await PagesAsync(server, people, UserStatus.Active);
        var with = await PagesAsync(server, people, UserStatus.Pending);
        await server.TamperAsync("DROP INDEX login_state_locked");
        await server.TamperAsync("DROP INDEX users_disabled");
        await server.TamperAsync("DROP TABLE user_names");
        Assert.Equal(await PagesAsync(server, people, UserStatus.Active), with);

        // It would show.
        await server.TamperAsync("CREATE INDEX dear ON login_state (tenant_id, last_auth)");
        await server.TamperAsync("CREATE INDEX too ON users (tenant_id, status)");
        Assert.Equal(with + (2 * People), await PagesAsync(server, people, UserStatus.Pending));
    }

    /// <summary>Pages that a login writes which changes all that one can change of a user and of the failure count, summed over users.</summary>
    private static async Task<int> PagesAsync(TestServer server, IReadOnlyList<User> people, UserStatus status)
    {
        var pages = 0;
        foreach (var user in people)
        {
            server.Clock.Advance(TimeSpan.FromMilliseconds(1));
            var now = server.Clock.GetUtcNow();
            var before = await WrittenAsync(server);
            await server.Database.WriteAsync(async db =>
            {
                var counted = await new ChallengeStore(db).CountAttemptAsync("t", "a", user.UserId, now);
                await new ChallengeStore(db).ClearFailuresAsync("t", "a", user.UserId, counted!.LatestSession, now);
                await new UserStore(db).MarkSeenAsync(user with { Status = status, PhoneVerifiedAt = now, UpdatedAt = now, Identities = [OtpChannel.Sms] });
            });
            pages += await WrittenAsync(server) - before;
        }
        return pages;
    }

    /// <summary>By the one connection that writes.</summary>
    private static Task<int> WrittenAsync(TestServer server) => server.Database.WriteAsync(db =>
    {
        raw.sqlite3_db_status(((SqliteSession)db).Handle, PagesWritten, out var pages, out _, 0);
        return new ValueTask<int>(pages);
    });
}
