using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Administration.Users;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Administration;

public sealed class UserListsOnSqlite(SqliteServer server) : UserListTests(server), IClassFixture<SqliteServer>;

public sealed class UserListsOnPostgres(PostgresServer server) : UserListTests(server), IClassFixture<PostgresServer>;

/// <summary>How administrators find users.</summary>
public abstract class UserListTests(SharedServer shared) : SecurityTests(shared)
{
    private UserSearch Search => Server.Services.GetRequiredService<UserSearch>();

    private UserAdministration Users => Server.Services.GetRequiredService<UserAdministration>();

    [Theory]
    [InlineData("a number in another spelling", " 0044 (7400) 000-001 ", "ann")]
    [InlineData("a number without its plus", "447400000001", "ann")]
    [InlineData("the beginning of a number", "+44 74", "ann bob")]
    [InlineData("a number in full-width digits", "＋４４７４０００００００２", "bob")]
    [InlineData("an email address in capitals", "ANN@EXAMPLE.COM", "ann")]
    [InlineData("the beginning of an email address", "b@", "bob")]
    [InlineData("a username in another case", "ANNIE", "ann")]
    [InlineData("an external user id", "X-1", "ann")]
    [InlineData("an external user id in another case is another", "x-1", "")]
    [InlineData("a given name", "ann", "ann")]
    [InlineData("a family name", "ångs", "bob")]
    [InlineData("a whole name", "  Émile   ång", "bob")]
    [InlineData("a whole name the other way round", "Zimmer, Ann", "ann")]
    [InlineData("the middle of a name", "immer", "")]
    [InlineData("characters that other searches take for any", "%", "")]
    public async Task A_user_is_found_by(string reason, string text, string expected)
    {
        Assert.NotEmpty(reason);
        var (app, tenant) = await TenantOfAsync();
        var ids = new Dictionary<string, string>
        {
            ["ann"] = await AddAsync(app, new { phone_number = "+447400000001", email = "ann@example.com", username = "Annie", external_user_id = "X-1", name = new { first_name = "Ann", last_name = "Zimmer" } }),
            ["bob"] = await AddAsync(app, new { phone_number = "+447400000002", email = "b@example.com", name = new { first_name = "Émile", last_name = "Ångström" } }),
            ["carol"] = await AddAsync(app, new { phone_number = "+14155550100" }),
        };
        foreach (var input in new UserSearchInput[] { new() { Text = text }, new() { Text = text, AppId = app.AppId } })
            Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), (await FindAsync(tenant, input)).Select(u => ids.Single(i => i.Value == u.UserId).Key).Order());
        Assert.Equal([ids["carol"]], (await FindAsync(tenant, new() { Text = ids["carol"].ToUpperInvariant() })).Select(u => u.UserId));
    }

    [Fact]
    public async Task Without_a_text_the_newest_come_first_page_by_page()
    {
        var (app, tenant) = await TenantOfAsync();
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add(await AddAsync(app, new { phone_number = $"+44740000010{i}" }));
            Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        ids.Reverse();
        var (pages, next) = (new List<List<string>>(), (string?)null);
        do
        {
            var page = (await Search.FindAsync(tenant, new(), next, 3)).Value!;
            pages.Add([.. page.Users.Select(u => u.UserId)]);
            next = page.Next;
        }
        while (next is not null);
        Assert.Equal([3, 3, 1], pages.Select(p => p.Count));
        Assert.Equal(ids, pages.SelectMany(p => p));
        Assert.Equal(new UserCount(7, false), await Search.CountAsync(tenant, new()));
    }

    [Fact]
    public async Task Who_is_found_in_several_ways_is_shown_once_whatever_the_page_holds()
    {
        var (app, tenant) = await TenantOfAsync();
        var ids = new List<string>();
        for (var i = 0; i < 6; i++)
            ids.Add(await AddAsync(app, new { phone_number = $"+44740000020{i}", email = $"ann{i}@example.com", username = $"Ann{5 - i}", external_user_id = $"ann-{i}", name = new { first_name = "Ann", last_name = "Ann" + i } }));
        for (var limit = 1; limit < 8; limit++)
            Assert.Equal(ids.Order(), (await FindAsync(tenant, new() { Text = "ann" }, limit: limit)).Select(u => u.UserId).Order());
    }

    [Fact]
    public async Task A_lock_that_holds_is_found_and_one_that_has_ended_is_not()
    {
        var (app, tenant) = await TenantOfAsync();
        await app.ChangeMethodsAsync(new { direct_otp = new { maxFailures = 1, lockoutDuration = 10 } });
        var (locked, other) = (await app.UserAsync(), await app.UserAsync(Attack.Bob));
        Assert.Empty(await FindAsync(tenant, new() { LockedNow = true }));
        await app.LockOutAsync(maxFailures: 1);
        var found = Assert.Single(await FindAsync(tenant, new() { LockedNow = true }));
        Assert.Equal((locked, true, Server.Clock.GetUtcNow().AddMinutes(10)), (found.UserId, found.IsLocked, Assert.Single(found.Places).Lock!.Until));
        Assert.Equal(new UserCount(1, false), await Search.CountAsync(tenant, new() { LockedNow = true }));
        Assert.Single(await FindAsync(tenant, new() { LockedNow = true, Text = "+44740", Status = UserStatus.Pending, AppId = app.AppId }));
        Assert.Empty(await FindAsync(tenant, new() { LockedNow = true, AppId = "x" }));

        Server.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(await FindAsync(tenant, new() { LockedNow = true }));

        // The hundredth in a row: no clock ends it.
        await Server.TamperAsync("UPDATE login_state SET consecutive_failures = 99 WHERE user_id = @locked", new { locked });
        await (await app.AuthenticateAsync("no code")).JsonAsync(400);
        Server.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Null(Assert.Single(Assert.Single(await FindAsync(tenant, new() { LockedNow = true })).Places).Lock!.Until);
        await Users.UnlockAsync(Author.Console(tenant), null, locked);
        Assert.Empty(await FindAsync(tenant, new() { LockedNow = true }));
        Assert.NotEqual(locked, other);
    }

    [Fact]
    public async Task A_status_is_found_as_soon_as_it_is_set()
    {
        var (app, tenant) = await TenantOfAsync();
        var (user, by) = (await app.UserAsync(), Author.Console(tenant));
        await app.UserAsync(Attack.Bob);
        Assert.Empty(await FindAsync(tenant, new() { Status = UserStatus.Disabled }));
        Assert.Equal(ChangedUserVerdict.Done, (await Users.DisableAsync(by, user)).Verdict);
        Assert.Equal([user], (await FindAsync(tenant, new() { Status = UserStatus.Disabled })).Select(u => u.UserId));
        Assert.Equal([user], (await FindAsync(tenant, new() { Status = UserStatus.Disabled, AppId = app.AppId, Text = "+44" })).Select(u => u.UserId));
        Assert.Equal(ChangedUserVerdict.Done, (await Users.EnableAsync(by, user)).Verdict);
        Assert.Empty(await FindAsync(tenant, new() { Status = UserStatus.Disabled }));
        Assert.Equal([user], (await FindAsync(tenant, new() { Status = UserStatus.Active })).Select(u => u.UserId));
    }

    [Fact]
    public async Task Who_is_renamed_is_found_by_the_new_name_only_and_who_is_erased_by_none()
    {
        var (app, tenant) = await TenantOfAsync();
        var user = await AddAsync(app, new { phone_number = Attack.Alice, name = new { first_name = "Ann", last_name = "Zimmer" } });
        await app.ChangeUserAsync(user, new { name = new { first_name = "Ann", last_name = "Yates" } });
        Assert.Empty(await FindAsync(tenant, new() { Text = "zimmer" }));
        Assert.Single(await FindAsync(tenant, new() { Text = "yates ann" }));
        await app.ChangeUserAsync(user, new { name = (object?)null });
        Assert.Empty(await FindAsync(tenant, new() { Text = "yates" }));
        await app.ChangeUserAsync(user, new { name = new { first_name = "Ann" } });
        Assert.True(await Users.DeleteAsync(Author.Console(tenant), user));
        Assert.Empty(await FindAsync(tenant, new() { Text = "ann" }));
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM user_names WHERE user_id = @user", new { user }));
    }

    [Fact]
    public async Task Another_tenants_users_are_neither_found_nor_counted_nor_changed()
    {
        var (app, tenant) = await TenantOfAsync();
        var (theirs, _) = await TenantOfAsync();
        var body = new { phone_number = Attack.Alice, email = "ann@example.com", username = "annie", external_user_id = "x", name = new { first_name = "Ann" } };
        var (ours, foreign) = (await AddAsync(app, body), await AddAsync(theirs, body));
        await app.ChangeUserAsync(ours, new { status = "Disabled" });
        await theirs.ChangeUserAsync(foreign, new { status = "Disabled" });
        foreach (var input in new UserSearchInput[]
        {
            new(), new() { Text = "+4474" }, new() { Text = "ann" }, new() { Text = "x" }, new() { Status = UserStatus.Disabled }, new() { AppId = app.AppId }, new() { Text = "ann", Status = UserStatus.Disabled },
        })
            Assert.Equal([ours], (await FindAsync(tenant, input)).Select(u => u.UserId));
        foreach (var input in new UserSearchInput[] { new() { AppId = theirs.AppId }, new() { Text = foreign }, new() { Text = "ann", AppId = theirs.AppId } })
            Assert.Empty(await FindAsync(tenant, input));
        Assert.Equal(new UserCount(1, false), await Search.CountAsync(tenant, new()));
        var by = Author.Console(tenant);
        Assert.Equal(ChangedUserVerdict.NotFound, (await Users.EnableAsync(by, foreign)).Verdict);
        Assert.False(await Users.DeleteAsync(by, foreign) || await Users.UnlockAsync(by, null, foreign) || await Users.EndSessionsAsync(by, null, foreign)
            || await Users.RemoveFromApplicationAsync(by, theirs.AppId, foreign));
        Assert.Null(await Server.Services.GetRequiredService<UserDossiers>().ReadAsync(tenant, foreign));
        Assert.Equal("Disabled", (await theirs.ReadUserAsync(foreign)).Text("status"));
    }

    [Fact]
    public async Task What_cannot_be_looked_for_is_refused()
    {
        var (_, tenant) = await TenantOfAsync();
        var now = Server.Clock.GetUtcNow();
        foreach (var input in new UserSearchInput[] { new() { Text = "a\0b" }, new() { Text = "\ud800" }, new() { Text = new string('a', 257) }, new() { CreatedFrom = now, CreatedTo = now } })
            Assert.Single((await Search.FindAsync(tenant, input, null, 10)).Faults);
        foreach (var next in new[] { "", "!", "YQ", "YQo", "YQpiCmM", "AAoA" })
            Assert.Equal(next is "YQo", (await Search.FindAsync(tenant, new() { Text = "a" }, next, 10)).Faults.Count == 0);
        Assert.Single((await Search.FindAsync(tenant, new(), null, 0)).Faults);
        Assert.Single((await Search.FindAsync(tenant, new(), null, 501)).Faults);
    }

    private async Task<List<FoundUser>> FindAsync(string tenant, UserSearchInput input, int limit = 2)
    {
        var (all, next) = (new List<FoundUser>(), (string?)null);
        do
        {
            var page = await Search.FindAsync(tenant, input, next, limit);
            Assert.Empty(page.Faults);
            all.AddRange(page.Value!.Users);
            next = page.Value.Next;
        }
        while (next is not null);
        return all;
    }

    private async Task<(TestApplication App, string Tenant)> TenantOfAsync()
    {
        var app = await ApplicationAsync();
        return (app, (await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = app.AppId }))!);
    }

    private static async Task<string> AddAsync(TestApplication app, object body) => (await app.Http.PostAsync("/cis/v1/users", body, 201)).At("result").Str("user_id")!;
}
