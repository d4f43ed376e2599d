using System.Diagnostics;
using Watchword.Core;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.UsersBench;

/// <summary>People of one tenant, created over a year, and a tenth as many of another tenant among them.</summary>
internal static class Crowd
{
    public const string Tenant = "019a0000000070008000000000000001";
    public const string Other = "019a0000000070008000000000000002";
    public const string Shop = "019a0000000070008000000000000003";
    public const string Bank = "019a0000000070008000000000000004";
    private const int AtOnce = 500;
    private static readonly string[] First = ["Ann", "Bob", "Carol", "Dan", "Eve", "Frank", "Grace", "Heidi", "Ivan", "Judy", "Émile", "Oscar", "Peggy", "Sybil", "Trent", "Victor"];
    private static readonly string[] Last = ["Smith", "Jones", "Taylor", "Brown", "Singh", "Wong", "Müller", "Garcia", "Sato", "Novak", "Okafor", "Silva", "Kim", "Rossi", "Dubois", "Larsen", "Meyer"];

    public static string PhoneOf(int i) => $"+4474{i:d8}";

    public static string EmailOf(int i) => $"user{i}@example.com";

    public static async Task SeedAsync(Database database, int count, DateTimeOffset now)
    {
        var there = await database.ReadAsync(db => new UserStore(db).CountAsync(Tenant, app: null));
        var began = Stopwatch.GetTimestamp();
        if (there == 0)
        {
            await database.WriteAsync(async db =>
            {
                foreach (var (tenant, app, name) in new[] { (Tenant, Shop, "Shop"), (Tenant, Bank, "Bank"), (Other, Shop, "Shop") })
                {
                    await db.ExecuteAsync(
                        "INSERT INTO applications (tenant_id, app_id, app_name, redirect_uris, login_preferences, settings, created_at, updated_at) VALUES (@tenant, @app, @name, '[]', '{}', '{}', 0, 0)",
                        new { tenant, app, name });
                }
            });
        }
        for (var first = (int)there; first < count; first += AtOnce)
        {
            var from = first;
            await database.WriteAsync(async db =>
            {
                for (var i = from; i < Math.Min(count, from + AtOnce); i++)
                {
                    var at = now.AddDays(-365).AddSeconds(i * 365.0 * 86400 / count);
                    await AddAsync(db, Tenant, i, at, now);
                    if (i % 10 == 0)
                        await AddAsync(db, Other, i, at, now);
                }
            });
            if (first % 100_000 == 0)
                Console.Error.WriteLine($"{first:N0} users after {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");
        }
    }

    private static async ValueTask AddAsync(SqlSession db, string tenant, int i, DateTimeOffset at, DateTimeOffset now)
    {
        var users = new UserStore(db);
        var status = i % 1000 == 7 ? UserStatus.Disabled : i % 5 < 3 ? UserStatus.Active : UserStatus.Pending;
        var user = new User
        {
            TenantId = tenant,
            UserId = Ids.New(at),
            Status = UserStatus.Pending,
            CreatedAt = at,
            UpdatedAt = at,
            PhoneNumber = PhoneOf(i),
            Email = i % 2 == 0 ? EmailOf(i) : null,
            Profile = new UserProfile { Name = new PersonName(null, First[i % First.Length], null, Last[i % Last.Length]), Language = "en" },
        };
        await users.AddAsync(user);
        if (status != UserStatus.Pending)
            await users.ReplaceAsync(user with { Status = status, PhoneVerifiedAt = at, Identities = [OtpChannel.Sms] });
        if (i % 10 < 7 || tenant != Tenant)
            await users.AddMembershipAsync(tenant, user.UserId, new Membership { AppId = Shop, Username = i % 3 == 0 ? $"Nick{i}" : null }, at);
        if (i % 10 >= 5 && tenant == Tenant)
            await users.AddMembershipAsync(tenant, user.UserId, new Membership { AppId = Bank, ExternalUserId = $"ext-{i}" }, at);
        if (status == UserStatus.Pending)
            return;
        // One in two hundred was locked out and did not come back; one in two thousand is locked out now.
        long? locked = i % 2000 == 1 ? now.AddHours(1).ToUnixTimeMilliseconds() : i % 200 == 1 ? at.AddMinutes(15).ToUnixTimeMilliseconds() : null;
        await db.ExecuteAsync(
            """
            INSERT INTO login_state (tenant_id, app_id, user_id, failures, consecutive_failures, locked_until, last_auth, updated_at)
            VALUES (@tenant, @app, @user, @failures, @failures, @locked, @at, @at)
            """,
            new
            {
                tenant,
                app = i % 10 < 7 ? Shop : Bank,
                user = user.UserId,
                failures = locked is null ? 0L : 3L,
                locked,
                at = at.ToUnixTimeMilliseconds(),
            });
    }
}
