using Watchword.Core;
using Watchword.Core.Statistics;
using Watchword.Server.Storage;

namespace Watchword.ReadsBench;

/// <summary>Fills a database as a busy tenant would in a year. What looks like chance is arithmetic, so that every run measures the same.</summary>
internal sealed class Seed(Database database, DateTimeOffset now)
{
    public const string Tenant = "tenant";
    public const int Applications = 50;
    public const string OldProvider = "provider-of-old";
    public const string RareRegion = "TO";
    public const string RareUser = "user-once";

    private const int AtOnce = 2000;
    private static readonly string[] Regions =
        [.. "GB FR DE ES IT NL BE PL PT SE NO DK FI IE AT CH CZ HU RO BG GR HR SK SI LT LV EE US CA MX BR AR CL CO PE IN PK BD ID MY SG TH VN PH JP KR AU NZ ZA NG KE GH EG MA TR IL AE SA UA GE".Split(' ')];

    public static string App(int i) => $"app-{i:d2}-0123456789abcdef0123456789";

    /// <summary>Messages over ninety days, evenly; nearly all arrived.</summary>
    public async Task MessagesAsync(int count)
    {
        const string Insert =
            """
            INSERT INTO outbox (tenant_id, message_id, app_id, user_id, channel, status, body, masked_destination, region, segments, created_at, expires_at, next_try_at,
                tries, provider, provider_id, provider_message_id, status_at, fault, history, cost, claims)
            VALUES (@tenant, @id, @app, @user, 'sms', @status, NULL, '+44*******123', @region, 1, @at, @expires, @at, 1, @provider, @provider, @id, @at, NULL, @history, 40000, 1)
            """;
        var first = now.AddDays(-90);
        var step = (now - first) / count;
        for (var begun = 0; begun < count; begun += AtOnce)
        {
            var rows = Enumerable.Range(begun, Math.Min(AtOnce, count - begun)).Select(i =>
            {
                var at = first + (i * step);
                return (object)new
                {
                    tenant = Tenant,
                    id = Ids.New(at),
                    app = App(Spread(i, 3) % Applications),
                    user = i == count / 2 ? RareUser : $"user-{Spread(i, 5) % 400_000}",
                    status = i % 50_000 == 7 ? "failed" : i % 100 < 3 ? "undelivered" : i % 10 == 5 ? "sent" : "delivered",
                    region = i == count / 2 ? RareRegion : Region(i),
                    at = at.Ms(),
                    expires = at.AddMinutes(5).Ms(),
                    provider = i < count / 90 && i % 1000 == 1 ? OldProvider : i % 3 == 0 ? "vonage" : "twilio",
                    history = new StatusChange(at.Ms(), "sending") { Provider = "Twilio in Europe", Route = "Europe" }.Line() + new StatusChange(at.Ms(), "sent") { Provider = "Twilio in Europe" }.Line()
                        + new StatusChange(at.Ms(), "delivered") { Provider = "Twilio in Europe" }.Line(),
                };
            }).ToList();
            await database.WriteAsync(db => db.ExecuteAllAsync(Insert, rows));
        }
    }

    /// <summary>Every span that is kept, of every application and the tenant, as if something had happened in each of sixty countries.</summary>
    public async Task StatisticsAsync()
    {
        const string Codes =
            """
            INSERT INTO code_statistics (tenant_id, app_id, grain, at, channel, region, sends, logins, sent, delivered, undelivered, failed, expired, cost)
            VALUES (@tenant, @app, @grain, @at, @channel, @region, 100, 80, 5, 90, 3, 1, 1, 4000000)
            """;
        const string Logins = "INSERT INTO login_statistics (tenant_id, app_id, grain, at, measure, label, count) VALUES (@tenant, @app, @grain, @at, @measure, @label, 17)";
        (string Channel, string Region)[] ways = [.. Regions.Select(r => ("sms", r)), ("sms", ""), ("email", "ZZ"), ("email", ""), ("direct", "ZZ"), ("direct", "")];
        (string Measure, string Label)[] measures =
        [
            ("logged_in", "sms"), ("logged_in", "email"), ("logged_in", "direct"), ("locked", ""), ("refused", "auth_invalid_credentials"), ("refused", "auth_locked"),
            ("refused", "auth_otp_passcode_expired"), ("refused", "user_not_active"), .. Enumerable.Range(1, 40).Select(s => ("delay", $"{s}")),
        ];
        foreach (var grain in Grain.All)
        {
            var spans = (int)Math.Min(grain.Kept / grain.Length, 365);
            foreach (var app in Enumerable.Range(0, Applications).Select(App).Prepend(StatisticsStore.WholeTenant))
            {
                var length = (long)grain.Length.TotalMilliseconds;
                var times = Enumerable.Range(0, spans).Select(i => (grain.Begin(now) - (i * grain.Length)).Ms()).Reverse().ToList();
                await InBatchesAsync(Codes, times.SelectMany(at => ways.Select(w => (object)new { tenant = Tenant, app, grain = length, at, channel = w.Channel, region = w.Region })));
                await InBatchesAsync(Logins, times.SelectMany(at => measures.Select(m => (object)new { tenant = Tenant, app, grain = length, at, measure = m.Measure, label = m.Label })));
            }
        }
    }

    private async Task InBatchesAsync(string sql, IEnumerable<object> rows)
    {
        foreach (var batch in rows.Chunk(AtOnce))
            await database.WriteAsync(db => db.ExecuteAllAsync(sql, batch));
    }

    /// <summary>A few countries have most of the messages.</summary>
    private static string Region(int i)
    {
        var dice = Spread(i, 7) % 1000;
        return Regions[dice < 500 ? 0 : dice < 700 ? 1 : dice < 800 ? 2 : 3 + (dice % (Regions.Length - 3))];
    }

    /// <summary>Knuth's multiplicative hash: neighbours end up far apart.</summary>
    private static int Spread(int i, uint salt) => (int)((((uint)i * 2654435761u) ^ (salt * 2246822519u)) >> 5);
}
