using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Server.Events;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class PrivacyOnSqlite(SqliteServer shared) : PrivacyTests(shared), IClassFixture<SqliteServer>
{
    [Fact]
    public async Task After_an_erasure_and_a_vacuum_no_file_of_the_database_holds_anything_of_the_person()
    {
        var person = await PersonAsync();
        foreach (var trace in person.Traces)
            Assert.True(await IsInFilesAsync(trace), $"{trace} was never there");
        await person.App.Management.DeleteAsync($"/cis/v1/manage/users/{person.Id}", 204);
        await using (var connection = new SqliteConnection($"Data Source={Server.Folder}/watchword.db;Pooling=False"))
        {
            await connection.OpenAsync();
            foreach (var statement in new[] { "PRAGMA busy_timeout = 10000", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)" })
            {
                await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The three above.
                command.CommandText = statement;
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync();
            }
        }
        foreach (var trace in person.Traces)
            Assert.False(await IsInFilesAsync(trace), trace);
    }

    private async Task<bool> IsInFilesAsync(string text)
    {
        foreach (var file in Directory.GetFiles(Server.Folder))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            await stream.CopyToAsync(memory);
            if (memory.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0)
                return true;
        }
        return false;
    }
}

public sealed class PrivacyOnPostgres(PostgresServer shared) : PrivacyTests(shared), IClassFixture<PostgresServer>;

/// <summary>A person gets all that is kept of them, and can be erased.</summary>
public abstract class PrivacyTests(SharedServer shared) : SecurityTests(shared)
{
    private static int _people;

    /// <summary>A user of whom everything is known, and what of it must not outlive them.</summary>
    protected sealed record Person(TestApplication App, TestApplication Left, string Id, string Phone, JsonElement Login, string[] Traces);

    /// <summary>
    /// Somebody who logs in, guesses wrongly, logs out, leaves another application, and to whom a message is still on its way.
    /// </summary>
    protected async Task<Person> PersonAsync()
    {
        var number = Interlocked.Increment(ref _people);
        var (mark, phone) = ($"mark{number:d4}z", $"+4474006{number:d5}");
        var (app, left) = await TwoApplicationsAsync();
        var user = (await app.Http.PostAsync("/cis/v1/users", new
        {
            phone_number = phone,
            email = $"{mark}@privacy.example",
            username = $"name-{mark}",
            name = new { first_name = $"First{mark}", last_name = $"Last{mark}" },
            custom_data = new { shoe = $"shoe-{mark}" },
            custom_app_data = new { hat = $"hat-{mark}" },
        }, 201)).At("result").Str("user_id")!;
        await left.Http.PostAsync("/cis/v1/users", new { phone_number = phone }, 201);
        await left.LoginAsync(phone);
        Assert.Equal("auth_invalid_credentials", await (await left.AuthenticateAsync("no code", phone)).ErrorAsync(400));
        await left.Http.DeleteAsync($"/cis/v1/users/{user}/apps", 204);

        var origin = new { ip_address = $"2001:db8::{0x1000 + number:x4}", user_agent = $"Agent/{mark}" };
        await (await app.AuthenticateAsync(new { passcode = "no code", identifier_type = "phone_number", identifier = phone, client_attributes = origin })).JsonAsync(400);
        var login = await (await app.AuthenticateAsync(new { passcode = await app.CodeAsync(phone), identifier_type = "phone_number", identifier = phone, client_attributes = origin })).JsonAsync(200);
        var second = await app.LoginAsync(phone);
        await app.Http.PostAsync("/cis/v1/auth/session/logout", new { session_id = second.Str("session_id") }, 204);
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(CancellationToken.None);
        // This one is not in the log yet.
        await (await app.AuthenticateAsync(new { passcode = "no code", identifier_type = "phone_number", identifier = phone, client_attributes = origin })).JsonAsync(400);
        await (await app.SendAsync(new { channel = "sms", identifier_type = "phone_number", identifier = phone, approval_data = new { payee = $"payee-{mark}" } })).JsonAsync(200);
        await Server.Sender.WaitForAsync(phone);
        return new Person(app, left, user, phone, login, [phone, $"{mark}@privacy.example", $"name-{mark}", $"First{mark}", $"Last{mark}", $"shoe-{mark}", $"hat-{mark}", origin.ip_address, origin.user_agent]);
    }

    [Fact]
    public async Task An_export_holds_all_that_is_kept_of_a_person_and_nothing_that_opens_anything()
    {
        var person = await PersonAsync();
        var answer = await person.App.Management.GetAsync($"/cis/v1/manage/users/{person.Id}/export");
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var text = await answer.Content.ReadAsStringAsync();
        var export = (await answer.JsonAsync(200)).At("result");
        foreach (var trace in person.Traces)
            Assert.Contains(trace, text.Replace("\\u002B", "+", StringComparison.Ordinal), StringComparison.Ordinal);

        Assert.Equal(person.Phone, export.Str("user", "phone_number", "value"));
        var membership = Assert.Single(export.At("memberships").EnumerateArray());
        Assert.Equal((person.App.AppId, "Acme"), (membership.Str("app_id"), membership.Str("app_name")));
        Assert.Equal([(person.App.AppId, 1L), (person.Left.AppId, 1L)], export.At("login_states").EnumerateArray()
            .Select(s => (s.Str("app_id")!, s.At("failures").GetInt64())).OrderBy(s => s.Item1 == person.App.AppId ? 0 : 1));
        Assert.Equal(2, export.At("sessions").GetArrayLength());
        Assert.Contains(export.At("codes").EnumerateArray(), c => c.TryGetProperty("approval_data", out var data) && data.Str("payee")!.StartsWith("payee-", StringComparison.Ordinal));
        var message = Assert.Single(export.At("messages").EnumerateArray());
        Assert.True(message.Str("to")!.Contains('*', StringComparison.Ordinal) || message.Str("to")!.Contains('•', StringComparison.Ordinal), message.Str("to"));
        Assert.Equal("queued", message.At("history")[0].Str("status"));
        // The export itself is the last thing that is known of the user.
        var actions = export.At("audit_entries").EnumerateArray().Select(e => e.Str("action")).ToList();
        Assert.Equal(3, actions.Count(a => a == AuditAction.OtpFailed));
        Assert.Equal(3, actions.Count(a => a == AuditAction.UserLoggedIn));
        Assert.Equal(AuditAction.UserExported, actions[^1]);

        foreach (var secret in new[] { person.Login.Str("access_token")!, person.Login.Str("refresh_token")!, person.Login.Str("session_id")!, "hash", "destination_tag", "mac\"", "\"body", Attack.CodeIn((await Server.Sender.WaitForAsync(person.Phone)).Text) })
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task However_long_the_export_it_is_whole()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var tenant = (await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = app.AppId }))!;
        var now = Server.Clock.GetUtcNow();
        const int Many = 1001;
        await Server.Database.WriteAsync(async db =>
        {
            for (var i = 0; i < Many; i++)
            {
                await new OutboxStore(db).AddAsync(new OutboxMessage
                {
                    TenantId = tenant, MessageId = Ids.New(now), AppId = app.AppId, UserId = user, Channel = OtpChannel.Sms, Body = "", MaskedDestination = "+44*",
                    Region = "GB", Segments = 1, CreatedAt = now, ExpiresAt = now, Test = true,
                });
                await new EventStore(db).AddAsync(new AuditEvent { TenantId = tenant, At = now, Action = AuditAction.OtpFailed, Actor = "system", UserId = user });
            }
        });
        var export = (await app.Management.GetAsync($"/cis/v1/manage/users/{user}/export", 200)).At("result");
        Assert.Equal(Many, export.At("messages").EnumerateArray().Select(m => m.Str("message_id")).Distinct().Count());
        Assert.Equal(Many, export.At("audit_entries").EnumerateArray().Count(e => e.Str("action") == AuditAction.OtpFailed));
    }

    [Fact]
    public async Task Only_a_management_client_of_the_tenant_exports_or_erases_a_user()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var other = await ApplicationAsync();
        await app.Http.GetAsync($"/cis/v1/manage/users/{user}/export", 403);
        await app.Http.DeleteAsync($"/cis/v1/manage/users/{user}", 403);
        await other.Management.GetAsync($"/cis/v1/manage/users/{user}/export", 404);
        await other.Management.DeleteAsync($"/cis/v1/manage/users/{user}", 404);
        await app.Management.GetAsync("/cis/v1/manage/users/%01/export", 404);
        Assert.Equal(0, await Server.PeekAsync<long>(
            "SELECT COUNT(*) FROM (SELECT action FROM events WHERE user_id = @user UNION ALL SELECT action FROM audit WHERE user_id = @user) AS e WHERE action IN ('user.exported', 'user.deleted')", new { user }));
        Assert.Equal("Pending", (await app.ReadUserAsync(user)).Text("status"));
    }

    [Fact]
    public async Task An_erasure_leaves_nothing_of_the_person_in_any_table()
    {
        var person = await PersonAsync();
        await person.App.Management.DeleteAsync($"/cis/v1/manage/users/{person.Id}", 204);
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(CancellationToken.None);

        var ofId = new HashSet<string>();
        foreach (var (where, text) in await ColumnsAsync())
        {
            foreach (var trace in person.Traces)
                Assert.False(text.Contains(trace, StringComparison.OrdinalIgnoreCase), $"{trace} in {where}");
            if (text.Contains(person.Id, StringComparison.Ordinal))
                ofId.Add(where);
        }
        // The id by itself names nobody any more.
        Assert.Equal(["audit.user_id"], ofId);
        Assert.Equal([AuditAction.UserDeleted], await Server.Database.ReadAsync(db => db.AllAsync<string>("SELECT action FROM audit WHERE user_id = @id AND origin IS NOT NULL", new { id = person.Id })));
        await person.App.Management.DeleteAsync($"/cis/v1/manage/users/{person.Id}", 404);
        await person.App.Management.GetAsync($"/cis/v1/manage/users/{person.Id}/export", 404);
    }

    [Fact]
    public async Task Who_is_deleted_and_created_again_is_somebody_else()
    {
        var person = await PersonAsync();
        await person.App.LockOutAsync(person.Phone, maxFailures: 2);
        // An application cannot end a lock by sending its user away and taking them in again.
        await person.App.Http.DeleteAsync($"/cis/v1/users/{person.Id}/apps", 204);
        Assert.Equal(person.Id, (await person.App.Http.PostAsync("/cis/v1/users", new { phone_number = person.Phone }, 201)).At("result").Str("user_id"));
        Assert.Equal("auth_locked", await (await person.App.AuthenticateAsync("no code", person.Phone)).ErrorAsync(403));

        await person.App.Management.DeleteAsync($"/cis/v1/manage/users/{person.Id}", 204);
        var again = await person.App.UserAsync(person.Phone);
        Assert.NotEqual(person.Id, again);
        var export = (await person.App.Management.GetAsync($"/cis/v1/manage/users/{again}/export", 200)).At("result");
        Assert.False(export.At("user", "phone_number", "phone_number_verified").GetBoolean());
        foreach (var list in new[] { "login_states", "codes", "sessions", "messages" })
            Assert.Equal(0, export.At(list).GetArrayLength());
        await (await person.App.RefreshAsync(person.Login.Text("refresh_token"))).ErrorAsync(400);
        await (await person.App.ResumeAsync(person.Login.Text("session_id"))).ErrorAsync(400);
    }

    [Fact]
    public async Task What_a_request_under_way_writes_of_an_erased_user_is_erased_again()
    {
        var person = await PersonAsync();
        await person.App.Management.DeleteAsync($"/cis/v1/manage/users/{person.Id}", 204);
        var tenant = (await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = person.App.AppId }))!;
        var now = Server.Clock.GetUtcNow();
        // As a send would that read its user just before, and a login on another node.
        await Server.Database.WriteAsync(async db =>
        {
            var challenge = new Challenge(Ids.New(now), person.App.ClientId, OtpChannel.Sms, "tag", false, new byte[32], null, now.AddMinutes(5), null);
            await new ChallengeStore(db).PutUnlessLockedAsync(tenant, person.App.AppId, person.Id, challenge, now);
            await new ChallengeStore(db).CountAttemptAsync(tenant, person.App.AppId, person.Id, now);
            await new OutboxStore(db).AddAsync(new OutboxMessage
            {
                TenantId = tenant, MessageId = challenge.ChallengeId, AppId = person.App.AppId, UserId = person.Id, Channel = OtpChannel.Sms, Body = "", MaskedDestination = "+44*",
                Region = "GB", Segments = 1, CreatedAt = now, ExpiresAt = now, Test = true,
            });
            await new EventStore(db).AddAsync(new AuditEvent { TenantId = tenant, At = now, Action = AuditAction.OtpFailed, Actor = "system", UserId = person.Id, Origin = """{"user_ip":"192.0.2.1"}""" });
        });
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(CancellationToken.None);

        await Server.Services.GetRequiredService<Forgetting>().RunAsync(now.AddHours(1), CancellationToken.None);
        foreach (var table in new[] { "challenges", "outbox", "login_state" })
            Assert.Equal(0, await Server.PeekAsync<long>($"SELECT COUNT(*) FROM {table} WHERE user_id = @id", new { id = person.Id }));
        Assert.Equal([AuditAction.UserDeleted], await Server.Database.ReadAsync(db => db.AllAsync<string>("SELECT action FROM audit WHERE user_id = @id AND origin IS NOT NULL", new { id = person.Id })));
    }

    private async Task<(TestApplication App, TestApplication Left)> TwoApplicationsAsync()
    {
        var app = await ApplicationAsync();
        return (app, await ApplicationAsync(beside: app));
    }

    private async Task<List<(string Where, string Text)>> ColumnsAsync() =>
        [.. (await Server.ColumnsAsync()).Select(c => (c.Where, Encoding.Latin1.GetString(c.Bytes)))];
}
