// How long an administrator waits for a list of users, when there are a million of them.
using System.Diagnostics;
using System.Globalization;
using Watchword.Core.Users;
using Watchword.Server.Administration.Users;
using Watchword.Server.Storage;
using Watchword.UsersBench;

var arguments = new ConfigurationBuilder().AddCommandLine(args).Build();
var folder = arguments["folder"] ?? throw new InvalidOperationException("Say --folder DIR, on a real disk.");
var users = int.Parse(arguments["users"] ?? "1000000", CultureInfo.InvariantCulture);
var file = Path.Combine(folder, $"users-{users}.db");
var storage = arguments["postgres"] is { } connection
    ? new StorageOptions { Engine = Database.StorageEngine.Postgres, ConnectionString = connection }
    : new StorageOptions { Engine = Database.StorageEngine.Sqlite, ConnectionString = $"Data Source={file}" };
Migrations.Run(storage);
var database = Database.Open(storage);
var now = TimeProvider.System.GetUtcNow();
await Crowd.SeedAsync(database, users, now);
if (storage.Engine == Database.StorageEngine.Postgres)
    await database.WriteAsync(async db => await db.ExecuteAsync("ANALYZE"));

var search = new UserSearch(database, TimeProvider.System);
var middle = now.AddDays(-180);
(string What, UserSearchInput Input)[] lists =
[
    ("all", new()),
    ("of an application", new() { AppId = Crowd.Shop }),
    ("disabled", new() { Status = UserStatus.Disabled }),
    ("disabled, of an application", new() { Status = UserStatus.Disabled, AppId = Crowd.Bank }),
    ("pending", new() { Status = UserStatus.Pending }),
    ("active, of an application", new() { Status = UserStatus.Active, AppId = Crowd.Shop }),
    ("locked now", new() { LockedNow = true }),
    ("locked now, of an application", new() { LockedNow = true, AppId = Crowd.Bank }),
    ("number verified", new() { PhoneVerified = true }),
    ("number not verified, active (there are none)", new() { PhoneVerified = false, Status = UserStatus.Active }),
    ("the same, of an application", new() { PhoneVerified = false, Status = UserStatus.Active, AppId = Crowd.Shop }),
    ("created in one day", new() { CreatedFrom = middle, CreatedTo = middle.AddDays(1) }),
    ("created in one day, pending, of an application", new() { CreatedFrom = middle, CreatedTo = middle.AddDays(1), Status = UserStatus.Pending, AppId = Crowd.Bank }),
    ("a whole number", new() { Text = Crowd.PhoneOf(users / 2) }),
    ("the beginning of a number", new() { Text = "+44 74 001" }),
    ("the beginning of nearly all numbers", new() { Text = "+44" }),
    ("the same, disabled", new() { Text = "+44", Status = UserStatus.Disabled }),
    ("the same, locked", new() { Text = "+44", LockedNow = true }),
    ("the same, active and not verified (there are none)", new() { Text = "+44", Status = UserStatus.Active, PhoneVerified = false }),
    ("the same, of an application, created in one day", new() { Text = "+44", AppId = Crowd.Shop, CreatedFrom = middle, CreatedTo = middle.AddDays(1) }),
    ("an email address", new() { Text = Crowd.EmailOf(users / 2) }),
    ("the beginning of an email address", new() { Text = "user77" }),
    ("one letter", new() { Text = "s" }),
    ("one letter, active and not verified (there are none)", new() { Text = "s", Status = UserStatus.Active, PhoneVerified = false }),
    ("one letter, of an application", new() { Text = "s", AppId = Crowd.Bank }),
    ("a common family name", new() { Text = "smith" }),
    ("a name", new() { Text = "Ann Smith" }),
    ("the beginning of a username", new() { Text = "nick12345", AppId = Crowd.Shop }),
    ("the beginning of an external user id", new() { Text = "ext-55" }),
    ("nothing that there is", new() { Text = "zzzzz" }),
];
Console.WriteLine($"{users:N0} users on {storage.Engine}; a page of 50, four pages on, five times over");
Console.WriteLine("| list | first page, ms | slowest page, ms | users on it | count, ms |");
Console.WriteLine("|---|--:|--:|--:|--:|");
foreach (var (what, input) in lists)
{
    var firsts = new List<double>();
    var (slowest, found) = (0.0, 0);
    var counting = new List<double>();
    for (var round = 0; round < 5; round++)
    {
        string? next = null;
        for (var page = 0; page < 4; page++)
        {
            var began = Stopwatch.GetTimestamp();
            var list = (await search.FindAsync(Crowd.Tenant, input, next, 50)).Value!;
            var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            slowest = Math.Max(slowest, took);
            if (page == 0)
            {
                found = list.Users.Count;
                firsts.Add(took);
            }
            if ((next = list.Next) is null)
                break;
        }
        var started = Stopwatch.GetTimestamp();
        await search.CountAsync(Crowd.Tenant, input);
        counting.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
    firsts.Sort();
    Console.WriteLine($"| {what} | {firsts[2]:F1} | {slowest:F1} | {found} | {counting.Order().ElementAt(2):F1} |");
}
await database.DisposeAsync();
if (arguments["keep"] is null && storage.Engine == Database.StorageEngine.Sqlite)
{
    foreach (var part in Directory.GetFiles(folder, Path.GetFileName(file) + "*"))
        File.Delete(part);
}
