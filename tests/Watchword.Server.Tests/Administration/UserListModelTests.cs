using System.Globalization;
using Watchword.Core;
using Watchword.Core.Users;
using Watchword.Server.Administration.Users;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Administration;

public sealed class UserListModelOnSqlite(SqliteServer server) : UserListModelTests(server), IClassFixture<SqliteServer>
{
    [Fact]
    public async Task Every_list_follows_an_index()
    {
        await SeedAsync();
        foreach (var input in Inputs())
        {
            await Search().FindAsync(Tenant, input, null, 10);
            await Search().CountAsync(Tenant, input);
        }
        var (texts, plans) = await Server.Database.ReadAsync(async db =>
        {
            var statements = ((SqliteSession)db).Texts.Where(t => t.Contains("search_key", StringComparison.Ordinal) || t.Contains("FROM users u", StringComparison.Ordinal)
                || t.Contains("login_state l", StringComparison.Ordinal) || t.Contains("memberships m", StringComparison.Ordinal)).ToList();
            var nothing = new Dictionary<string, object?>();
            var read = new List<(string Text, string Step)>();
            foreach (var text in statements)
            {
                foreach (System.Text.RegularExpressions.Match name in System.Text.RegularExpressions.Regex.Matches(text, "@[A-Za-z0-9]+"))
                    nothing[name.Value] = null;
                read.AddRange((await db.AllAsync<PlanStep>("EXPLAIN QUERY PLAN " + text, nothing)).Select(step => (text, step.Detail)));
            }
            return (statements, read);
        });
        Assert.True(texts.Count > 60, $"Too few lists were seen to prove anything: {texts.Count}.");
        Assert.Empty(plans.Where(p => p.Step.StartsWith("SCAN", StringComparison.Ordinal) && !p.Step.Contains("(subquery-", StringComparison.Ordinal) && p.Step != "SCAN found").Select(p => $"{p.Step}: {p.Text}"));
        Assert.Empty(plans.Where(p => p.Step.Contains("TEMP B-TREE", StringComparison.Ordinal) && !p.Step.Contains("count(DISTINCT)", StringComparison.OrdinalIgnoreCase)).Select(p => $"{p.Step}: {p.Text}"));
        // With the tenant alone, an index leads along all of the tenant; that is right only where it gives the order.
        Assert.Empty(plans.Where(p => p.Step.EndsWith("(tenant_id=?)", StringComparison.Ordinal) && !p.Step.Contains("login_state_locked", StringComparison.Ordinal)
            && !p.Step.Contains("users_disabled", StringComparison.Ordinal)).Select(p => $"{p.Step}: {p.Text}"));
    }

    private sealed record PlanStep(long Id, long Parent, long Notused, string Detail);
}

public sealed class UserListModelOnPostgres(PostgresServer server) : UserListModelTests(server), IClassFixture<PostgresServer>;

/// <summary>Lists of users beside what a plain look at all of them finds, for every combination of what can be asked.</summary>
public abstract class UserListModelTests(SharedServer shared) : SecurityTests(shared)
{
    private const int People = 60;
    private static readonly string[] Texts = ["a", "an", "ann", "+44", "+4474000000", "447400000003", "smith", "x-1", "b", "zzz"];

    private List<Person> _people = [];
    private string[] _apps = [];

    protected string Tenant { get; private set; } = "";

    private sealed record Person(User User, IReadOnlyList<Membership> Places, IReadOnlyDictionary<string, DateTimeOffset> Locks);

    private protected UserSearch Search(int most = 12) => new(Server.Database, Server.Clock) { MostLookedUp = most };

    [Fact]
    public async Task Every_combination_finds_whom_a_plain_look_finds()
    {
        await SeedAsync();
        foreach (var (input, i) in Inputs().Select((input, i) => (input, i)))
        {
            var expected = _people.Where(p => Fits(p, input)).Select(p => p.User.UserId).ToList();
            // Pages of all sizes, and looks cut short after few and after many.
            var (limit, most) = (1 + (i % 7), i % 2 == 0 ? 12 : 1000);
            var (found, next) = (new List<string>(), (string?)null);
            do
            {
                var page = (await Search(most).FindAsync(Tenant, input, next, limit)).Value!;
                Assert.True(page.Users.Count <= limit);
                found.AddRange(page.Users.Select(u => u.UserId));
                next = page.Next;
            }
            while (next is not null);
            Assert.True(expected.Order().SequenceEqual(found.Order()), $"{input}: expected {expected.Count}, found {found.Count} ({found.Distinct().Count()} different)");
            if (input.Text is null)
                Assert.Equal(expected.OrderDescending(), found);
            var count = await Search(1000).CountAsync(Tenant, input);
            Assert.Equal(input.Text is null ? new UserCount(expected.Count, false) : null, count);
        }
    }

    private protected IEnumerable<UserSearchInput> Inputs()
    {
        var noon = _people[People / 2].User.CreatedAt;
        var n = 0;
        foreach (var text in (string?[])[null, .. Texts])
        foreach (var app in (string?[])[null, .. _apps])
        foreach (var status in (UserStatus?[])[null, .. Enum.GetValues<UserStatus>()])
        foreach (var locked in new[] { false, true })
        {
            // The other two by turns: all of them with all would be too many.
            var (verified, created) = (n % 3 == 0 ? (bool?)null : n % 3 == 1, n++ % 4);
            yield return new UserSearchInput
            {
                Text = text, AppId = app, Status = status, LockedNow = locked, PhoneVerified = verified,
                CreatedFrom = created is 1 or 3 ? noon.AddHours(-10) : null, CreatedTo = created is 2 or 3 ? noon.AddHours(5) : null,
            };
        }
    }

    protected async Task SeedAsync()
    {
        var one = await ApplicationAsync();
        Tenant = (await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = one.AppId }))!;
        _apps = [one.AppId, (await ApplicationAsync(beside: one)).AppId];
        var now = Server.Clock.GetUtcNow();
        _people = [.. Enumerable.Range(0, People).Select(i => Make(i, now))];
        await Server.Database.WriteAsync(async db =>
        {
            foreach (var (user, places, locks) in _people)
            {
                await new UserStore(db).AddAsync(user);
                await new UserStore(db).ReplaceAsync(user);
                foreach (var place in places)
                    await new UserStore(db).AddMembershipAsync(Tenant, user.UserId, place, now);
                foreach (var (app, until) in locks)
                {
                    await db.ExecuteAsync(
                        "INSERT INTO login_state (tenant_id, app_id, user_id, failures, consecutive_failures, locked_until, updated_at) VALUES (@tenant, @app, @user, 3, 3, @until, 0)",
                        new { tenant = Tenant, app, user = user.UserId, until = until.ToUnixTimeMilliseconds() });
                }
            }
        });
    }

    private Person Make(int i, DateTimeOffset now)
    {
        var at = now.AddHours(i - People);
        var text = i.ToString(CultureInfo.InvariantCulture);
        var status = (UserStatus)(i % 3);
        var user = new User
        {
            TenantId = Tenant,
            UserId = Ids.New(at),
            Status = status,
            CreatedAt = at,
            UpdatedAt = at,
            PhoneNumber = i % 5 == 4 ? null : $"+4474000000{i:d2}",
            PhoneVerifiedAt = i % 5 != 4 && i % 2 == 0 ? at : null,
            Email = i % 5 == 4 || i % 4 == 0 ? $"{(i % 3 == 0 ? "ann" : "bob")}{text}@example.com" : null,
            Profile = new UserProfile { Name = i % 4 == 3 ? null : new PersonName(null, i % 2 == 0 ? "Ann" : "Bob", null, i % 6 < 3 ? "Smith" : "Annersley") },
        };
        List<Membership> places = [];
        if (i % 7 != 6)
            places.Add(new Membership { AppId = _apps[0], Username = i % 2 == 0 ? $"Ann{text}" : null, ExternalUserId = i % 3 == 0 ? $"x-{text}" : null });
        if (i % 3 == 0)
            places.Add(new Membership { AppId = _apps[1], Username = i % 4 == 0 ? $"ann{text}" : $"b{text}" });
        var locks = new Dictionary<string, DateTimeOffset>();
        if (i % 4 == 1)
            locks[_apps[0]] = now.AddHours(i % 8 == 1 ? 1 : -1);
        if (i % 6 == 1 || i % 6 == 3)
            locks[_apps[1]] = now.AddHours(1);
        return new Person(user, places, locks);
    }

    private bool Fits(Person person, UserSearchInput input)
    {
        var (user, now) = (person.User, Server.Clock.GetUtcNow());
        var places = person.Places.Where(p => input.AppId is null || p.AppId == input.AppId).ToList();
        return (input.AppId is null || places.Count > 0)
            && (input.Status is null || user.Status == input.Status)
            && (!input.LockedNow || places.Any(p => person.Locks.TryGetValue(p.AppId, out var until) && until > now))
            && (input.PhoneVerified is null || (user.PhoneNumber is not null && user.PhoneVerifiedAt is not null == input.PhoneVerified))
            && (input.CreatedFrom is null || user.CreatedAt >= input.CreatedFrom)
            && (input.CreatedTo is null || user.CreatedAt < input.CreatedTo)
            && (input.Text is not { } text || Strings().Any(s => s?.StartsWith(text, StringComparison.Ordinal) == true)
                || user.PhoneNumber?.StartsWith("+" + text.TrimStart('+'), StringComparison.Ordinal) == true);

        IEnumerable<string?> Strings() =>
        [
            user.Email, $"{user.Profile.Name?.FirstName} {user.Profile.Name?.LastName}".Trim().ToLowerInvariant(), $"{user.Profile.Name?.LastName} {user.Profile.Name?.FirstName}".Trim().ToLowerInvariant(),
            .. places.Select(p => p.Username?.ToLowerInvariant()), .. places.Select(p => p.ExternalUserId),
        ];
    }
}
